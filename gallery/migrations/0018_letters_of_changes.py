import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models.functions import Cast, Length


def measure(apps, schema_editor):
    before = Cast('before', models.TextField())
    apps.get_model('gallery', 'Change').objects.update(letters=Length(before))


class Migration(migrations.Migration):

    dependencies = [
        ('gallery', '0017_alike'),
    ]

    operations = [
        migrations.AddField(
            model_name='change',
            name='letters',
            field=models.PositiveIntegerField(default=0, editable=False, verbose_name='letters'),
        ),
        migrations.RunPython(measure, migrations.RunPython.noop, elidable=True),
        migrations.AlterField(
            model_name='change',
            name='owner',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='changes', to=settings.AUTH_USER_MODEL, verbose_name='owner'),
        ),
        migrations.AddIndex(
            model_name='change',
            index=models.Index(fields=['owner', 'letters'], name='change_letters'),
        ),
    ]

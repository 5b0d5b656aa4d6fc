import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('gallery', '0015_zips'),
    ]

    operations = [
        migrations.AddField(
            model_name='user',
            name='seen_at',
            field=models.DateTimeField(editable=False, null=True, verbose_name='last seen at'),
        ),
        migrations.AddField(
            model_name='user',
            name='left_at',
            field=models.DateTimeField(editable=False, null=True, verbose_name='left at'),
        ),
        migrations.AddField(
            model_name='user',
            name='back_at',
            field=models.DateTimeField(editable=False, null=True, verbose_name='back at'),
        ),
        migrations.CreateModel(
            name='Culling',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(editable=False, max_length=64, verbose_name='hash of the search')),
                ('at', models.BigIntegerField(editable=False, null=True, verbose_name='left off at picture')),
                ('started_at', models.DateTimeField(editable=False, verbose_name='started at')),
                ('seen_at', models.DateTimeField(editable=False, verbose_name='last seen at')),
                ('owner', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='cullings', to=settings.AUTH_USER_MODEL, verbose_name='owner')),
            ],
            options={
                'verbose_name': 'culling',
                'verbose_name_plural': 'cullings',
                'ordering': ['-seen_at'],
                'constraints': [models.UniqueConstraint(fields=('owner', 'key'), name='one_culling_a_search')],
            },
        ),
    ]

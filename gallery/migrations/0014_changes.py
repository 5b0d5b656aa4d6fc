"""What people do to their pictures, so that it can be taken back."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('gallery', '0013_looks_and_months'),
    ]

    operations = [
        migrations.CreateModel(
            name='Change',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('rate', 'rating'), ('favour', 'favourite'), ('tag', 'tags given'), ('untag', 'tags taken away'), ('collect', 'put into a collection'), ('drop', 'taken out of a collection'), ('trash', 'moved to the trash'), ('move', 'moved within a collection'), ('cover', 'cover of a collection'), ('rename', 'renamed')], max_length=10, verbose_name='kind')),
                ('before', models.JSONField(editable=False, verbose_name='what was before')),
                ('count', models.PositiveIntegerField(verbose_name='pictures')),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created at')),
                ('undone_at', models.DateTimeField(editable=False, null=True, verbose_name='undone at')),
                ('owner', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='changes', to=settings.AUTH_USER_MODEL, verbose_name='owner')),
            ],
            options={
                'verbose_name': 'change',
                'verbose_name_plural': 'changes',
                'ordering': ['-pk'],
                'indexes': [models.Index(fields=['created_at'], name='change_created')],
            },
        ),
    ]

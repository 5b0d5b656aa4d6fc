from django.db import migrations, models


def forget(apps, schema_editor):
    """What is purged looks like nothing; the purge forgets it from now on."""
    likenesses = apps.get_model('gallery', 'Likeness').objects
    likenesses.filter(image__purged_at__isnull=False).delete()


class Migration(migrations.Migration):

    dependencies = [
        ('gallery', '0016_visits_and_culling'),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name='likeness',
            name='likeness_a',
        ),
        migrations.AddIndex(
            model_name='likeness',
            index=models.Index(fields=['owner', 'a', 'b', 'c', 'd', 'down'], name='likeness_whole'),
        ),
        migrations.RunPython(forget, migrations.RunPython.noop, elidable=True),
    ]

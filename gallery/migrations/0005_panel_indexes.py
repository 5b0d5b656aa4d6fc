"""What the panel asks often: the newest, what ended lately, and a month's money by its days."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('gallery', '0004_trash_and_preferences'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='task',
            index=models.Index(fields=['created_at'], name='task_created'),
        ),
        migrations.AddIndex(
            model_name='task',
            index=models.Index(fields=['status', 'ended_at'], name='task_ended'),
        ),
        migrations.AddIndex(
            model_name='charge',
            index=models.Index(condition=models.Q(('spent_kopecks', 0), _negated=True), fields=['month', 'demo', 'created_at', 'spent_kopecks', 'task'], name='charge_spent'),
        ),
        migrations.AddIndex(
            model_name='charge',
            index=models.Index(fields=['created_at'], name='charge_created'),
        ),
        migrations.AddIndex(
            model_name='image',
            index=models.Index(fields=['created_at'], name='image_created'),
        ),
    ]

"""Recipe and cost of the pictures that are there already, on their own rows."""

from django.db import migrations

FILL = """
UPDATE gallery_image SET
    prompt_id = (
        SELECT batch.prompt_id FROM gallery_task task
        JOIN gallery_batch batch ON batch.id = task.batch_id WHERE task.id = gallery_image.task_id
    ),
    model_id = (SELECT task.model_id FROM gallery_task task WHERE task.id = gallery_image.task_id),
    ratio = (
        SELECT prompt.ratio FROM gallery_task task
        JOIN gallery_batch batch ON batch.id = task.batch_id
        JOIN gallery_prompt prompt ON prompt.id = batch.prompt_id
        WHERE task.id = gallery_image.task_id
    ),
    cost_kopecks = COALESCE((
        SELECT SUM(charge.spent_kopecks) FROM gallery_charge charge
        WHERE charge.task_id = gallery_image.task_id
    ), 0)
WHERE task_id IS NOT NULL
"""


class Migration(migrations.Migration):

    dependencies = [
        ('gallery', '0010_choices'),
    ]

    operations = [
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
    ]

"""Recipes that are asked for again are found by a hash; sending is held after refusals."""

import hashlib
import json

from django.db import migrations, models

AT_ONCE = 500
"""Prompts: each may have 32,000 characters."""


def fill(apps, schema_editor):
    prompts = apps.get_model("gallery", "Prompt").objects.using(schema_editor.connection.alias)
    keys = list(prompts.filter(purged_at=None).order_by("pk").values_list("pk", flat=True))
    for start in range(0, len(keys), AT_ONCE):
        found = []
        rows = prompts.filter(pk__in=keys[start : start + AT_ONCE]).only("model", "text", "ratio")
        for row in rows.prefetch_related("references"):
            links = [one.url for one in sorted(row.references.all(), key=lambda one: one.position)]
            # As gallery/models/prompt.py does it.
            recipe = [row.model_id, row.text, row.ratio, links]
            found.append((hashlib.sha256(json.dumps(recipe).encode()).hexdigest(), row.pk))
        # Not bulk_update, which asks of each row which of all values is its own.
        with schema_editor.connection.cursor() as cursor:
            cursor.executemany("UPDATE gallery_prompt SET recipe_hash = %s WHERE id = %s", found)


class Migration(migrations.Migration):

    dependencies = [
        ('gallery', '0007_alarm'),
    ]

    operations = [
        migrations.AddField(
            model_name='user',
            name='held_until',
            field=models.DateTimeField(editable=False, null=True, verbose_name='sending held until'),
        ),
        migrations.AddField(
            model_name='prompt',
            name='recipe_hash',
            field=models.CharField(blank=True, default='', editable=False, max_length=64, verbose_name='hash of the recipe'),
        ),
        migrations.AddIndex(
            model_name='prompt',
            index=models.Index(fields=['owner', 'recipe_hash'], name='prompt_of_recipe'),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]

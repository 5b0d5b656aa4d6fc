"""The studio's row, and every model that is known: three on, the others off until wanted."""

from django.db import DEFAULT_DB_ALIAS, migrations

ALL_SEVEN = ["1:1", "16:9", "9:16", "4:3", "3:4", "21:9", "9:21"]
FIVE = ALL_SEVEN[:5]

# Remote id, label, price in kopecks (mid-2026; they drift), ratios, most references.
# What the API takes as references is documented for none; gpt-image-1 is given four here.
MODELS = [
    ("gpt-image-1-low", "GPT Image 1 · low", 400, FIVE, 4),
    ("gpt-image-1-medium", "GPT Image 1 · medium", 1200, FIVE, 4),
    ("gpt-image-1-high", "GPT Image 1 · high", 2600, FIVE, 4),
    ("gpt-image-1-mini-low", "GPT Image 1 mini · low", 120, FIVE, 4),
    ("gpt-image-1-mini-medium", "GPT Image 1 mini · medium", 300, FIVE, 4),
    ("gpt-image-1-mini-high", "GPT Image 1 mini · high", 1040, FIVE, 4),
    ("gpt-image-1.5-low", "GPT Image 1.5 · low", 260, FIVE, 4),
    ("gpt-image-1.5-medium", "GPT Image 1.5 · medium", 1000, FIVE, 4),
    ("gpt-image-1.5-high", "GPT Image 1.5 · high", 4000, FIVE, 4),
    ("gpt-image-2-1k", "GPT Image 2 · 1K", 3200, FIVE, 4),
    ("gpt-image-2-2k", "GPT Image 2 · 2K", 4800, FIVE, 4),
    ("gpt-image-2-4k", "GPT Image 2 · 4K", 6400, FIVE, 4),
    ("google-imagen-3", "Imagen 3", 1000, ALL_SEVEN, 0),
    ("google-imagen-3-fast", "Imagen 3 · fast", 500, ALL_SEVEN, 0),
    ("google-imagen-4", "Imagen 4", 1000, FIVE, 0),
    ("seedream-3", "Seedream 3", 600, FIVE, 1),
    ("flux-schnell", "FLUX schnell", 60, ALL_SEVEN, 0),
    ("flux-dev", "FLUX dev", 500, ALL_SEVEN, 0),
    ("flux-kontext-pro", "FLUX Kontext pro", 800, ALL_SEVEN, 1),
    ("flux-kontext-max", "FLUX Kontext max", 1600, ALL_SEVEN, 1),
    ("nano-banana", "Nano Banana", 800, FIVE, 1),
    ("nano-banana-pro", "Nano Banana pro", 1500, FIVE, 1),
    ("yandex-art", "YandexART", 400, FIVE, 0),
    ("qwen-image", "Qwen Image", 1500, FIVE, 0),
]
ON = {"gpt-image-1-low", "gpt-image-1-medium", "gpt-image-1-high"}


def add(apps, schema_editor):
    alias = schema_editor.connection.alias if schema_editor else DEFAULT_DB_ALIAS
    apps.get_model("gallery", "Studio").objects.using(alias).get_or_create(pk=1)
    ImageModel = apps.get_model("gallery", "ImageModel").objects.using(alias)
    for position, (remote_id, label, price, ratios, references) in enumerate(MODELS):
        ImageModel.get_or_create(
            remote_id=remote_id,
            defaults={
                "label": label,
                "price_kopecks": price,
                "ratios": ratios,
                "max_references": references,
                "is_enabled": remote_id in ON,
                "off_reason": "" if remote_id in ON else "not-chosen",
                "position": position,
            },
        )


class Migration(migrations.Migration):
    dependencies = [("gallery", "0001_initial")]
    operations = [migrations.RunPython(add, migrations.RunPython.noop)]

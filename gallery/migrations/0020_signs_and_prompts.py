"""One or two signs of a script without spaces are found faster, and so are the pictures of prompts.

SQLite remakes a table to alter it, and this index goes with the old one, like the triggers of 0012: a
later migration that alters Prompt has to run `index` again after it. SQLite gets no index of the
pictures by prompt: knowing nothing of how many there are, it would walk that for everything that an
owner asks for.
"""

from django.db import migrations

POSTGRESQL = """
CREATE INDEX prompt_signs ON gallery_prompt USING gin (string_to_array(search_text, NULL));
CREATE INDEX image_by_prompt ON gallery_image (owner_id, prompt_id, id DESC)
    WHERE trashed_at IS NULL;
"""
SQLITE = "CREATE INDEX IF NOT EXISTS prompt_signs ON gallery_prompt (owner_id, search_text)"


def index(apps, schema_editor):
    is_postgresql = schema_editor.connection.vendor == "postgresql"
    schema_editor.execute(POSTGRESQL if is_postgresql else SQLITE)


def unindex(apps, schema_editor):
    schema_editor.execute("DROP INDEX IF EXISTS prompt_signs")
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP INDEX IF EXISTS image_by_prompt")


class Migration(migrations.Migration):
    dependencies = [("gallery", "0019_links_and_answers")]
    operations = [migrations.RunPython(index, unindex)]

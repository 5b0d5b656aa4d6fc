"""Prompts are found by their words, and pictures by what is on their rows, through indexes.

On SQLite the words are in two FTS5 tables beside the prompts' own, which triggers keep. SQLite remakes
a table to alter it, and triggers go with the old one: a later migration that alters Prompt has to run
`watch` again after it.
"""

from django.db import migrations, models

TABLES = {
    # Three letters and more, anywhere. The texts are folded already.
    "gallery_prompt_parts": "tokenize = 'trigram case_sensitive 1'",
    # One or two letters with which a word begins. No places: there are no phrases of these.
    "gallery_prompt_starts": (
        "tokenize = 'unicode61 remove_diacritics 0', prefix = '1 2', detail = none, columnsize = 0"
    ),
}
INSERT = "INSERT INTO {0} (rowid, search_text) VALUES (new.id, new.search_text);"
DELETE = (
    "INSERT INTO {0} ({0}, rowid, search_text) VALUES ('delete', old.id, old.search_text);"
)
TRIGGERS = {
    "prompt_words_insert": ("INSERT", INSERT),
    "prompt_words_update": ("UPDATE OF search_text", DELETE + INSERT),
    "prompt_words_delete": ("DELETE", DELETE),
}

FOUND_BY = ("prompt", "model", "ratio", "favourite", "created_at")

POSTGRESQL = """
CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE INDEX prompt_parts ON gallery_prompt USING gin (search_text gin_trgm_ops);
CREATE INDEX prompt_starts ON gallery_prompt USING gin (to_tsvector('simple', search_text));
"""


def index(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(POSTGRESQL)
        return
    for table, options in TABLES.items():
        schema_editor.execute(
            f"CREATE VIRTUAL TABLE {table} USING fts5 ("
            f"search_text, content = 'gallery_prompt', content_rowid = 'id', {options})"
        )
        schema_editor.execute(f"INSERT INTO {table} ({table}) VALUES ('rebuild')")
    watch(apps, schema_editor)


def watch(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        return
    for name, (moment, statements) in TRIGGERS.items():
        body = " ".join(statements.format(table) for table in TABLES)
        schema_editor.execute(
            f"CREATE TRIGGER {name} AFTER {moment} ON gallery_prompt BEGIN {body} END"
        )


def unindex(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP INDEX prompt_parts; DROP INDEX prompt_starts")
        return
    for name in TRIGGERS:
        schema_editor.execute(f"DROP TRIGGER {name}")
    for table in TABLES:
        schema_editor.execute(f"DROP TABLE {table}")


class Migration(migrations.Migration):
    dependencies = [("gallery", "0011_facts_of_pictures")]
    operations = [
        migrations.RunPython(index, unindex),
        migrations.RemoveIndex(model_name="image", name="image_by_rating"),
        migrations.RemoveIndex(model_name="image", name="image_by_cost"),
        migrations.AddIndex(
            model_name="image",
            index=models.Index(
                condition=models.Q(("trashed_at", None)),
                fields=["owner", "-id", "rating", "cost_kopecks", *FOUND_BY],
                name="image_to_find",
            ),
        ),
        migrations.AddIndex(
            model_name="image",
            index=models.Index(
                condition=models.Q(("trashed_at", None)),
                fields=["owner", "-rating", "-id", "cost_kopecks", *FOUND_BY],
                name="image_by_rating",
            ),
        ),
        migrations.AddIndex(
            model_name="image",
            index=models.Index(
                condition=models.Q(("trashed_at", None)),
                fields=["owner", "-cost_kopecks", "-id", "rating", *FOUND_BY],
                name="image_by_cost",
            ),
        ),
    ]

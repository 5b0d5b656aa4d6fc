"""The ledger is append-only in the database too: an UPDATE of a charge is refused there.

SQLite remakes a table to alter it, and the trigger goes with the old one: a later migration that
alters Charge has to run `guard` again after it.
"""

from django.db import migrations

SQLITE = """
CREATE TRIGGER charge_is_final BEFORE UPDATE ON gallery_charge
BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END
"""
POSTGRESQL = """
CREATE FUNCTION gallery_charge_is_final() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'the ledger is append-only'; END $$;
CREATE TRIGGER charge_is_final BEFORE UPDATE ON gallery_charge
FOR EACH ROW EXECUTE FUNCTION gallery_charge_is_final();
"""


def guard(apps, schema_editor):
    postgresql = schema_editor.connection.vendor == "postgresql"
    schema_editor.execute(POSTGRESQL if postgresql else SQLITE)


def unguard(apps, schema_editor):
    on = " ON gallery_charge" if schema_editor.connection.vendor == "postgresql" else ""
    schema_editor.execute(f"DROP TRIGGER charge_is_final{on}")
    if on:
        schema_editor.execute("DROP FUNCTION gallery_charge_is_final()")


class Migration(migrations.Migration):
    dependencies = [("gallery", "0002_first_rows")]
    operations = [migrations.RunPython(guard, unguard)]

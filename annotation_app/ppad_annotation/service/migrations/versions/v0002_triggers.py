"""What the database itself refuses: changing history, and scores off their scale."""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_APPEND_ONLY = ("rating_event", "audit")

_SQLITE_FOREVER = """
CREATE TRIGGER {table}_no_{verb} BEFORE {verb} ON {table}
BEGIN SELECT RAISE(ABORT, '{table} only grows'); END
"""

_SQLITE_SCALE = """
CREATE TRIGGER rating_event_scale BEFORE INSERT ON rating_event
WHEN EXISTS (
    SELECT 1 FROM json_each(NEW.scores) AS score LEFT JOIN attribute ON attribute.id = score.key
    WHERE attribute.id IS NULL OR (
        score.type <> 'null' AND (score.type <> 'integer' OR score.value NOT BETWEEN attribute.low AND attribute.high)
    )
)
BEGIN SELECT RAISE(ABORT, 'a score is off its scale'); END
"""

_POSTGRESQL_FOREVER = """
CREATE FUNCTION only_grows() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION '% only grows', TG_TABLE_NAME USING ERRCODE = 'restrict_violation'; END $$
"""

_POSTGRESQL_SCALE = """
CREATE FUNCTION scores_on_scale() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT 1 FROM jsonb_each(NEW.scores::jsonb) AS score LEFT JOIN attribute ON attribute.id = score.key
        WHERE attribute.id IS NULL OR CASE jsonb_typeof(score.value)
            WHEN 'null' THEN false
            WHEN 'number' THEN score.value::text !~ '^-?[0-9]+$'
                OR score.value::text::numeric NOT BETWEEN attribute.low AND attribute.high
            ELSE true END
    ) THEN
        RAISE EXCEPTION 'a score is off its scale' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$
"""


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for table in _APPEND_ONLY:
            for verb in ("update", "delete"):
                op.execute(_SQLITE_FOREVER.format(table=table, verb=verb))
        op.execute(_SQLITE_SCALE)
        return
    op.execute(_POSTGRESQL_FOREVER)
    op.execute(_POSTGRESQL_SCALE)
    for table in _APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER {table}_only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} EXECUTE FUNCTION only_grows()"
        )
    op.execute("CREATE TRIGGER rating_event_scale BEFORE INSERT ON rating_event FOR EACH ROW EXECUTE FUNCTION scores_on_scale()")

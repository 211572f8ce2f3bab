"""What Alembic runs: with the connection of daybreak.store.migrate, or its own from DATABASE_URL."""

from alembic import context

from daybreak.store.tables import Base


def run() -> None:
    """Run the migrations in the caller's transaction."""
    connection = context.config.attributes.get("connection")
    if connection is None:
        raise SystemExit("Run `python3 -m daybreak up`, or daybreak.store.migrate.upgrade(url).")
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=True,
        compare_type=True,
        user_module_prefix="",
    )
    context.run_migrations()


run()

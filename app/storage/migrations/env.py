"""Alembic's entry: runs on the connection that `Database.migrate` hands over, inside its transaction."""

from alembic import context

from app.storage.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
)
context.run_migrations()

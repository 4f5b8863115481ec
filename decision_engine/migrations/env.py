"""Alembic's way in: runs on the connection that `migrations.upgrade` hands over."""

from alembic import context

from decision_engine.db import Model

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Model.metadata,
    render_as_batch=True,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()

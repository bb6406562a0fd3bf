"""One module of tables for each owner; importing `app.storage.schema` loads them all."""

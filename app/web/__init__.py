"""Pages and JSON over HTTP: the only package that knows status codes, templates and browsers."""

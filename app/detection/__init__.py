"""Which of the site's languages a text is in, by the byte sequences in it."""

"""Articles in, hits out: encoder, index generations, retriever, ranker. Imports articles and what stands below them."""

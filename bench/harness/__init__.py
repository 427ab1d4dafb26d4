"""What `bench/run` is made of: seed → servers → compare → measure → table."""

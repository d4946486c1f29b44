"""What a program remembers: variables, their scopes, initializers and partitions."""

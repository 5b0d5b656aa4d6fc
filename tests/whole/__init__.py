"""The whole house: lived in, and every page of it by name."""

"""What people decide about reaching families: a family its own wishes, a school its caps, its calls, and what is an emergency."""

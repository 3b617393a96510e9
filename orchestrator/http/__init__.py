"""The HTTP surface, one router a resource."""

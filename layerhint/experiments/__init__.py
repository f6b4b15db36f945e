"""An experiment as data: YAML file, protocol, switches and overrides, checked and resolved."""

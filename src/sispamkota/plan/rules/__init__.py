"""What a plan must keep: law, doctrine, rest, command, roads and polling stations, one module a kind of rule."""

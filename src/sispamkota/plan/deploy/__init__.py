"""Who stands where, decided: the ground as figures, the model as on the blackboard, its levels solved, posts named."""

"""Several processes that learn together, on one machine or on a room of them, to the same bits as one alone."""

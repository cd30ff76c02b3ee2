"""The governed completion: one answer of a model, judged, held, priced and recorded like every other act."""

from matcalc.pictures.drawing import picture

__all__ = ["picture"]

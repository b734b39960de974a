from matcalc.pictures.drawing import picture, pictures

__all__ = ["picture", "pictures"]

"""Objects that nobody can change: records of fields, and nodes of which each is made once."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from typing import Any, ClassVar, Never, Self, TypeVar, dataclass_transform


class Frozen:
    """The base of objects whose attributes cannot be set; a copy is the object itself."""

    __slots__ = ()

    def __setattr__(self, name: str, value: object) -> Never:
        raise AttributeError(f"{type(self).__name__} cannot be changed: {name}")

    def __delattr__(self, name: str) -> Never:
        raise AttributeError(f"{type(self).__name__} cannot be changed: {name}")

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: object) -> Self:
        return self


def setters(node: type[Frozen], *slots: str) -> list[Callable[[Any, Any], None]]:
    """Return what sets the slots of a frozen object while it is made."""
    return [getattr(node, slot).__set__ for slot in slots]


@dataclass_transform(frozen_default=True)
class Record(Frozen):
    """The base of plain data: a subclass declares its fields as a dataclass does.

    Records are equal where they are of one class and their fields are, and hashable. They
    are no tuples: they have no length and no order. (`dataclasses` itself would take longer to
    import than an answer takes.)

    >>> class Point(Record):
    ...     x: int
    ...     y: int = 0
    >>> Point(1), Point(1) == Point(x=1, y=0), replace(Point(1), y=2).y
    (Point(x=1, y=0), True, 2)
    """

    fields_: ClassVar[tuple[str, ...]] = ()

    def __init_subclass__(cls) -> None:
        own = [name for name, kind in cls.__annotations__.items() if "ClassVar" not in str(kind)]
        cls.fields_ = tuple(dict.fromkeys([*cls.fields_, *own]))

    def __init__(self, *values: Any, **named: Any) -> None:
        cls = type(self)
        given = dict(zip(cls.fields_, values, strict=False))
        if len(values) > len(cls.fields_) or not named.keys() <= set(cls.fields_) - set(given):
            raise TypeError(f"{cls.__name__} takes {', '.join(cls.fields_)}, each once")
        given.update(named)
        for name in cls.fields_:
            if name not in given:
                if not hasattr(cls, name):
                    raise TypeError(f"{cls.__name__} takes {name}, too")
                given[name] = getattr(cls, name)
        self.__dict__.update(given)

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return other is self or fields_of(self) == fields_of(other)

    def __hash__(self) -> int:
        return hash((type(self), *map(_hashable, fields_of(self).values())))

    def __getstate__(self) -> dict[str, Any]:
        return fields_of(self)

    def __repr__(self) -> str:
        inside = ", ".join([f"{name}={value!r}" for name, value in fields_of(self).items()])
        return f"{type(self).__name__}({inside})"


Kind = TypeVar("Kind", bound=Record)


def fields_of(record: Record) -> dict[str, Any]:
    """Return the fields by name, in the order in which they are declared."""
    values = record.__dict__
    return {name: values[name] for name in record.fields_}


def replace(record: Kind, **changes: Any) -> Kind:
    """Return the record with some fields changed."""
    return type(record)(**{**fields_of(record), **changes})


def _hashable(value: Any) -> Hashable:
    """Return what stands for a value in a hash: equal for equal values."""
    if isinstance(value, Mapping):
        return frozenset([(key, _hashable(one)) for key, one in value.items()])
    return tuple(map(_hashable, value)) if isinstance(value, list | tuple) else value

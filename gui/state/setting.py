"""One observable value of a state object: setting an equal value emits nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar, overload

T = TypeVar("T")


class Setting(Generic[T]):
    """A property whose owner's `changed` signal carries the property's name whenever its value changes.

    `accept(owner, value)` returns the value to keep (e.g. clamped) or raises `ValueError`.
    """

    def __init__(self, default: T, accept: Callable[[Any, T], T] | None = None) -> None:
        self._default = default
        self._accept = accept
        self._name = ""

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, owner: None, kind: type) -> Setting[T]: ...
    @overload
    def __get__(self, owner: object, kind: type) -> T: ...
    def __get__(self, owner: object | None, kind: type) -> Setting[T] | T:
        if owner is None:
            return self
        value: T = owner.__dict__.get(f"_{self._name}", self._default)
        return value

    def __set__(self, owner: Any, value: T) -> None:
        if self._accept is not None:
            value = self._accept(owner, value)
        if value == self.__get__(owner, type(owner)):
            return
        owner.__dict__[f"_{self._name}"] = value
        owner.changed.emit(self._name)

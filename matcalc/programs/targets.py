"""How each target writes the operations: one table each, JAX and torch by what differs.

A form is (template, level, the levels that its operands need). `{0}`, `{1}` stand for the
operands, `{value}` for what the operation says of itself, `{shape}` for its lengths.
Helpers are functions that the source defines when it calls them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

COMPARE, SUM, MATMUL, PRODUCT, UNARY, POWER, ATOM = range(7)
ANY = -1


class Form(NamedTuple):
    """A template, the level of what it gives, and the least levels of its operands."""

    template: str
    level: int = ATOM
    operands: tuple[int, ...] = (ANY, ANY, ANY)


class Target(NamedTuple):
    """A language of arrays: its imports, the name of its module, forms and helpers.

    An elementary function is the helper of its name, else the module's function. `special`
    imports one of scipy.special's; where it is empty, the module has them.

    What it can: `in_place` changes arrays that nobody else has, `frees` drops what is needed
    no more, `turns_products` is as quick at v @ A as at A.T @ v. Its functions of entries
    take `numbers` beside arrays; `registers` a compressed answer as a tree of arrays.
    `dtype` is the type of what has no arrays, `permute` the method that orders axes.
    """

    name: str
    imports: str
    module: str
    forms: Mapping[str, Form]
    helpers: Mapping[str, str]
    special: str
    in_place: bool = False
    frees: bool = True
    turns_products: bool = False
    numbers: bool = True
    registers: bool = False
    dtype: str = "float"
    permute: str = "transpose"

    def special_function(self, name: str) -> str:
        """Return the helper that is one of scipy.special's functions."""
        if "math." in self.special and not hasattr(math, name):
            return f"from scipy.special import {name}\n"
        return self.special.format(name=name)


_OF_NUMBERS = {"abs": "abs", "maximum": "max", "minimum": "min"}


def constant_form(name: str) -> str:
    """Return what Python calls a NumPy function of numbers, '' if it has none.

    Python's numbers leave the arrays' type alone.

    >>> constant_form("log1p"), constant_form("arcsin"), constant_form("sign")
    ('math.log1p', 'math.asin', '')
    """
    name = name.removeprefix("special.")
    plain = f"a{name[3:]}" if name.startswith("arc") else name
    return _OF_NUMBERS.get(name) or (f"math.{plain}" if hasattr(math, plain) else "")


_FORMS = {
    "add": Form("{0} + {1}", SUM, (SUM, MATMUL)),
    "subtract": Form("{0} - {1}", SUM, (SUM, MATMUL)),
    "multiply": Form("{0}*{1}", PRODUCT, (PRODUCT, UNARY)),
    "divide": Form("{0}/{1}", PRODUCT, (PRODUCT, POWER)),
    "negate": Form("-{0}", UNARY, (POWER,)),
    "square": Form("{0}**2", POWER, (ATOM,)),
    "power": Form("{0}**{1}", POWER, (ATOM, ATOM)),
    "compare": Form("{0} {value} {1}", COMPARE, (SUM, SUM)),
    "where": Form("np.where({0}, {1}, {2})"),
    "cast": Form("{0}.astype(dtype)", ATOM, (ATOM,)),
    "column": Form("{0}[:, None]", ATOM, (ATOM,)),
    "as_row": Form("{0}[None, :]", ATOM, (ATOM,)),
    "row": Form("{0}[0]", ATOM, (ATOM,)),
    "first_column": Form("{0}[:, 0]", ATOM, (ATOM,)),
    "matmul": Form("{0} @ {1}", MATMUL, (UNARY, UNARY)),
    "outer": Form("{0}[:, None]*{1}", PRODUCT, (ATOM, UNARY)),
    "transpose": Form("{0}.T", ATOM, (ATOM,)),
    "sum": Form("{0}.sum({axis})", ATOM, (ATOM,)),
    "prod": Form("{0}.prod({axis})", ATOM, (ATOM,)),
    "max": Form("{0}.max({axis})", ATOM, (ATOM,)),
    "min": Form("{0}.min({axis})", ATOM, (ATOM,)),
    "logsumexp": Form("logsumexp({0}, {value})"),
    "softmax": Form("softmax({0}, {value})"),
    "log_softmax": Form("log_softmax({0}, {value})"),
    "norm": Form("np.linalg.norm({0})"),
    "trace": Form("np.trace({0})"),
    "diagonal": Form("np.diagonal({0})"),
    "diagonal_matrix": Form("np.diag({0})"),
    "eye": Form("np.eye({length}, dtype=dtype)"),
    "solve": Form("np.linalg.solve({0}, {1})"),
    "symmetric": Form("symmetric({0})"),
    "cholesky": Form("cholesky({0})"),
    "cholesky_solve": Form("cholesky_solve({0}, {1})"),
    "cholesky_inverse": Form("cholesky_inverse({0})"),
    "columns": Form("np.stack([{all}], 1)"),
    "inv": Form("np.linalg.inv({0})"),
    "det": Form("np.linalg.det({0})"),
    "logdet": Form("logdet({0})"),
    "adj": Form("adjugate({0})"),
    "matrix_power": Form("np.linalg.matrix_power({0}, {1})"),
    "counted_power": Form("np.linalg.matrix_power({0}, int({1}))"),
    "kron": Form("np.kron({0}, {1})"),
    "vec": Form("{0}.T.reshape(-1)", ATOM, (ATOM,)),
    "unvec": Form("unvec({0}, {shape})"),
    "reshape": Form("{0}.reshape({shape})", ATOM, (ATOM,)),
    "flip": Form("np.flip({0})"),
    "flip_axis": Form("np.flip({0}, {value})"),
    "windows": Form("windows({0}, {value}, {window})"),
    "concatenate": Form("np.concatenate([{all}]{along})"),
    "cross": Form("np.cross({0}, {1})"),
    "correlate": Form("correlate({0}, {1})"),
    "convolve": Form("convolve({0}, {1})"),
    "commutation": Form("commutation({m}, {n}, dtype)"),
    "tensordot": Form("np.tensordot({0}, {1}, {value})"),
    "einsum": Form("np.einsum({value!r}, {all}{optimize})"),
    "spread": Form("spread({value!r}, {0}, {shape})"),
    "full": Form("np.broadcast_to({0}, {shape})"),
    "filled": Form("np.full({shape}, {0}, dtype)"),
    "ones": Form("np.ones({shape}, dtype)"),
    "zeros": Form("np.zeros({shape}, dtype)"),
    "copied": Form("np.broadcast_to({0}, {shape}).copy()"),
    "scalar": Form("np.asarray({0}, dtype)"),
    "count": Form("np.arange({start}, {stop}, dtype=dtype)"),
    "unit": Form("(np.arange({length}) == {offset}).astype(dtype)"),
    "select": Form("select({shape}, {offset}, dtype)"),
    "fuse": Form("np.eye({length}, dtype=dtype).reshape({shape})"),
    "shift": Form("shift({shape}, dtype)"),
    "antidiagonal": Form("np.flip(np.eye({length}, dtype=dtype), 0)"),
    "levi_civita": Form("levi_civita(dtype)"),
}  # fmt: skip

_ARRAYS = '''
def arrays(*values):
    """Return the values as arrays of one floating type, the widest of theirs."""
    dtype = getattr(values[0], "dtype", None)
    for value in values:
        if type(value) is not np.ndarray or value.dtype is not dtype:
            break
    else:
        if dtype.kind in "fc":
            return values
    values = [v if isinstance(v, (int, float)) else np.asarray(v) for v in values]
    dtype = np.result_type(*values)
    dtype = dtype if dtype.kind in "fc" else np.dtype(float)
    return [np.asarray(v, dtype) for v in values]
'''

_HELPERS = {
    "arrays": _ARRAYS,
    "sigmoid": '''
@np.errstate(over="ignore")
def sigmoid(x):
    """Return 1/(1 + exp(-x)); where exp overflows, 0 is right."""
    return np.reciprocal(1 + np.exp(-x))
''',
    "logsumexp": '''
def logsumexp(x, axis):
    """Return log(sum(exp(x))) along an axis, without overflow."""
    most = x.max(axis, keepdims=True)
    return np.log(np.exp(x - most).sum(axis)) + most.reshape(x.sum(axis).shape)
''',
    "softmax": '''
def softmax(x, axis):
    """Return exp(x)/sum(exp(x)) along an axis, without overflow."""
    e = np.exp(x - x.max(axis, keepdims=True))
    return e/e.sum(axis, keepdims=True)
''',
    "log_softmax": '''
def log_softmax(x, axis):
    """Return the logarithm of softmax along an axis, without overflow."""
    x = x - x.max(axis, keepdims=True)
    return x - np.log(np.exp(x).sum(axis, keepdims=True))
''',
    "logdet": '''
def logdet(a):
    """Return log(det(a)), which a negative determinant does not have."""
    sign, value = np.linalg.slogdet(a)
    return np.where(sign > 0, value, np.nan).astype(value.dtype)
''',
    "cholesky": '''
def cholesky(a):
    """Return the lower Cholesky factor of a matrix that is symmetric."""
    return np.linalg.cholesky(symmetric(a))
''',
    "cholesky_solve": '''
def cholesky_solve(l, b):
    """Return the solution x of l @ l.T @ x = b, some rows at a time."""
    x, starts = np.array(b), range(0, len(l), 64)
    for i in starts:
        rows = slice(i, i + 64)
        x[rows] = np.linalg.solve(l[rows, rows], x[rows] - l[rows, :i] @ x[:i])
    for i in reversed(starts):
        rows, below = slice(i, i + 64), slice(i + 64, None)
        x[rows] = np.linalg.solve(l[rows, rows].T, x[rows] - l[below, rows].T @ x[below])
    return x
''',
    "cholesky_inverse": '''
def cholesky_inverse(l):
    """Return the inverse of l @ l.T."""
    inverse = triangular_inverse(l)
    return inverse.T @ inverse
''',
    "triangular_inverse": '''
def triangular_inverse(l):
    """Return the inverse of a lower triangular matrix, by products of its halves."""
    if len(l) <= 64:
        return np.linalg.inv(l)
    half, inverse = len(l)//2, np.zeros_like(l)
    inverse[:half, :half] = a = triangular_inverse(l[:half, :half])
    inverse[half:, half:] = b = triangular_inverse(l[half:, half:])
    inverse[half:, :half] = -b @ (l[half:, :half] @ a)
    return inverse
''',
    "adjugate": '''
def adjugate(a):
    """Return det(a)*inv(a), also of a singular matrix, from the singular values."""
    u, s, vh = np.linalg.svd(a)
    others = np.stack([np.prod(s[np.arange(len(s)) != i]) for i in range(len(s))])
    return np.linalg.det(u)*np.linalg.det(vh)*(vh.T*others) @ u.T
''',
    "unvec": '''
def unvec(x, shape):
    """Return the array whose columns, stacked, are x; axes run fastest first."""
    axes = tuple(range(len(shape)))
    if x.ndim == 1 or len(shape) == 2:
        return x.reshape(shape[::-1]).transpose(axes[::-1])
    rows = next(k for k in axes if int(np.prod(shape[:k])) == x.shape[0])
    order = (*range(rows - 1, -1, -1), *range(len(shape) - 1, rows - 1, -1))
    return x.reshape(shape[:rows][::-1] + shape[rows:][::-1]).transpose(order)
''',
    "windows": '''
def windows(x, axis, length):
    """Return every stretch of this length of an axis: it becomes (start, place)."""
    view = np.lib.stride_tricks.sliding_window_view(x, length, axis)
    return np.moveaxis(view, -1, axis + 1)
''',
    "correlate": '''
def correlate(x, kernel):
    """Return the sums of the kernel times each window of x that it fits on."""
    shape = tuple(n - k + 1 for n, k in zip(x.shape, kernel.shape, strict=True))
    if min(shape) < 1:
        raise ValueError(f"a kernel of shape {kernel.shape} does not fit on {x.shape}")
    if x.ndim == 1:
        return np.correlate(x, kernel.conj())
    (rows, columns), (p, q) = shape, kernel.shape
    total = np.zeros(shape, x.dtype)
    if kernel.size > total.size:
        kernel = kernel.reshape(-1)
        for j in range(columns):
            stretch = x[:, j:j + q].reshape(-1)
            for i in range(rows):
                total[i, j] = kernel @ stretch[i*q:(i + p)*q]
        return total
    step = max(p, 4096//columns)  # rows at a time, which stay in the cache
    for start in range(0, rows, step):
        part = total[start:start + step]
        block = x[start:start + step + p - 1]
        shifted = np.stack([block[:, j:j + columns] for j in range(q)])
        products = (kernel @ shifted.reshape(q, -1)).reshape(p, -1, columns)
        for i in range(p):
            part += products[i, i:i + len(part)]
    return total
''',
    "convolve": '''
def convolve(x, kernel):
    """Return the full convolution: the sum of the entries of one times the other, moved there."""
    if x.ndim == 1:
        return np.convolve(x, kernel)
    if kernel.size > x.size:
        x, kernel = kernel, x
    (rows, columns), (p, q) = x.shape, kernel.shape
    total = np.zeros((rows + p - 1, columns + q - 1), x.dtype)
    step = max(1, 4096//total.shape[1])  # rows at a time, which stay in the cache
    for start in range(0, rows, step):
        block = x[start:start + step]
        count = len(block)
        shifted = np.zeros((q, count, total.shape[1]), x.dtype)
        for j in range(q):
            shifted[j, :, j:j + columns] = block
        products = (kernel @ shifted.reshape(q, -1)).reshape(p, count, -1)
        for i in range(p):
            total[start + i:start + i + count] += products[i]
    return total
''',
    "commutation": '''
def commutation(m, n, dtype):
    """Return K with K vec(A) = vec(A') for A of m x n."""
    return np.eye(m*n, dtype=dtype).reshape(n, m, m*n).transpose(1, 0, 2).reshape(m*n, m*n)
''',
    "each": '''
def each(function, ranks, shape, *values):
    """Return the function's values for all places of the axes that follow so many first ones."""
    result = np.zeros(shape, np.result_type(*values))
    own = len(shape) - max(v.ndim - rank for v, rank in zip(values, ranks, strict=True))
    for place in np.ndindex(*shape[own:]):
        taken = [v[(..., *place)] if v.ndim > rank else v for v, rank in zip(values, ranks)]
        result[(..., *place)] = function(*taken)
    return result
''',
    "spread": '''
def spread(axes, core, shape):
    """Return the array of this shape that has the core where axes of one letter agree."""
    full = np.zeros(shape, core.dtype)
    np.einsum(f"{axes}->{''.join(dict.fromkeys(axes))}", full)[...] = core
    return full
''',
    "select": '''
def select(rows, columns, offset, dtype):
    """Return the matrix of [i == j + offset]."""
    return np.eye(rows, columns, -offset, dtype=dtype)
''',
    "shift": '''
def shift(shape, dtype):
    """Return the tensor of [s == i + j]."""
    s, i, j = (np.arange(length) for length in shape)
    return (s[:, None, None] == i[:, None] + j).astype(dtype)
''',
    "levi_civita": '''
def levi_civita(dtype):
    """Return the signs of the permutations of three axes."""
    i, j, k = np.ix_(range(3), range(3), range(3))
    return ((i - j)*(j - k)*(k - i)/2).astype(dtype)
''',
}  # fmt: skip

_NUMPY_HELPERS = {
    "symmetric": '''
def symmetric(a):
    """Return the matrix; refuse one that is not symmetric."""
    if not (a == a.T).all():
        if abs(a - a.T).max() > np.finfo(a.dtype).eps**0.5*abs(a).max():
            raise ValueError("a matrix that is declared or known to be symmetric is not")
    return a
''',
    "sigmoid_complement": '''
@np.errstate(over="ignore")
def sigmoid_complement(x):
    """Return sigmoid(-x) = 1 - sigmoid(x); where exp overflows, 0 is right."""
    return np.reciprocal(1 + np.exp(x))
''',
    "plus_diagonal": '''
def plus_diagonal(a, v):
    """Return a + diag(v), for which a itself is changed."""
    diagonal = np.einsum("ii->i", a)
    diagonal += v
    return a
''',
}  # fmt: skip

_SPECIAL = '''
try:
    from scipy.special import {name}
except ImportError:
    import math

    def {name}(x):
        """Return math.{name} of every entry."""
        return np.vectorize(math.{name}, otypes=[np.asarray(x).dtype])(x)
'''

NUMPY = Target(
    "numpy",
    "import numpy as np",
    "np",
    _FORMS,
    {**_HELPERS, **_NUMPY_HELPERS},
    _SPECIAL,
    in_place=True,
)


# JAX


def _jax(text: str) -> str:
    return text.replace("np.", "jnp.")


_JAX_HELPERS = {
    **{name: _jax(source) for name, source in _HELPERS.items()},
    "sigmoid": "\nfrom jax.nn import sigmoid\n",
    "logsumexp": "\nfrom jax.scipy.special import logsumexp\n",
    "softmax": "\nfrom jax.nn import softmax\n",
    "log_softmax": "\nfrom jax.nn import log_softmax\n",
    "cholesky": '''
def cholesky(a):
    """Return the lower Cholesky factor, nan of a matrix that is not symmetric or not definite."""
    symmetric = abs(a - a.T).max() <= jnp.finfo(a.dtype).eps**0.5*abs(a).max()
    return jnp.where(symmetric, jax.lax.linalg.cholesky(a, symmetrize_input=False), jnp.nan)
''',
    "cholesky_solve": '''
def cholesky_solve(l, b):
    """Return the solution x of l @ l.T @ x = b."""
    return jax.scipy.linalg.cho_solve((l, True), b)
''',
    "cholesky_inverse": '''
def cholesky_inverse(l):
    """Return the inverse of l @ l.T."""
    return jax.scipy.linalg.cho_solve((l, True), jnp.eye(len(l), dtype=l.dtype))
''',
    "lu_factor": "\nfrom jax.scipy.linalg import lu_factor\n",
    "lu_solve": "\nfrom jax.scipy.linalg import lu_solve\n",
    "arrays": '''
def arrays(*values):
    """Return the values as arrays of one floating type, the widest of theirs."""
    dtype = jnp.result_type(float, *values) if not values else jnp.result_type(*values)
    dtype = dtype if jnp.issubdtype(dtype, jnp.inexact) else jnp.result_type(float)
    return [jnp.asarray(v, dtype) for v in values]
''',
    "unvec": _jax(_HELPERS["unvec"]).replace("int(jnp.prod(shape[:k]))", "math.prod(shape[:k])"),
    "windows": '''
def windows(x, axis, length):
    """Return every stretch of this length of an axis: it becomes (start, place)."""
    starts = jnp.arange(x.shape[axis] - length + 1)[:, None]
    return jnp.take(x, starts + jnp.arange(length), axis)
''',
    "correlate": '''
def correlate(x, kernel):
    """Return the sums of the kernel times each window of x that it fits on."""
    if any(n < k for n, k in zip(x.shape, kernel.shape, strict=True)):
        raise ValueError(f"a kernel of shape {kernel.shape} does not fit on {x.shape}")
    return jax.scipy.signal.correlate(x, kernel.conj(), "valid")
''',
    "convolve": '''
def convolve(x, kernel):
    """Return the full convolution: the sum of the entries of one times the other, moved there."""
    return correlate(jnp.pad(x, [(k - 1, k - 1) for k in kernel.shape]), jnp.flip(kernel))
''',
    "each": '''
def each(function, ranks, shape, *values):
    """Return the function's values for all places of the axes that follow so many first ones."""
    axes = tuple(-1 if v.ndim > rank else None for v, rank in zip(values, ranks, strict=True))
    for _ in range(max(v.ndim - rank for v, rank in zip(values, ranks))):
        function = jax.vmap(function, axes, -1)
    return function(*values)
''',
    "counted_power": '''
def counted_power(a, k):
    """Return the matrix power by squaring; the exponent need not be known when traced."""
    eye, k = jnp.eye(len(a), dtype=a.dtype), jnp.asarray(k).astype(int)
    base = jnp.where(k < 0, jnp.linalg.inv(jnp.where(k < 0, a, eye)), a)

    def step(_, state):
        result, base, k = state
        result, k = jnp.where(k % 2 == 1, result @ base, result), k//2
        return result, jnp.where(k > 0, base @ base, base), k

    return jax.lax.fori_loop(0, 31, step, (eye, base, abs(k)))[0]
''',
    "spread": '''
def spread(axes, core, shape):
    """Return the array of this shape that has the core where axes of one letter agree."""
    letters = "".join(dict.fromkeys(axes))
    core = jnp.broadcast_to(core, tuple(shape[axes.index(x)] for x in letters))
    places, spec = [], list(axes)
    for k, letter in enumerate(axes):
        if axes.index(letter) < k:
            spec[k] = chr(ord("A") + k)
            places.append((letter + spec[k], jnp.eye(shape[k], dtype=core.dtype)))
    inputs = ",".join([letters, *[pair for pair, _ in places]])
    return jnp.einsum(f"{inputs}->{''.join(spec)}", core, *[eye for _, eye in places])
''',
}  # fmt: skip

JAX = Target(
    "jax",
    "import jax\nimport jax.numpy as jnp",
    "jnp",
    {name: form._replace(template=_jax(form.template)) for name, form in _FORMS.items()}
    | {
        "copied": Form("jnp.broadcast_to({0}, {shape})"),
        "counted_power": Form("counted_power({0}, {1})"),
        "lu": Form("lu_factor({0})"),
        "lu_solve": Form("lu_solve({0}, {1}, {value})"),
    },
    _JAX_HELPERS,
    "from jax.scipy.special import {name}\n",
    frees=False,
    turns_products=True,
    registers=True,
)


# torch


def _torch(text: str) -> str:
    return text.replace("np.", "torch.")


_TORCH_FORMS = {
    **{name: form._replace(template=_torch(form.template)) for name, form in _FORMS.items()},
    "cast": Form("{0}.to(dtype)", ATOM, (ATOM,)),
    "max": Form("{0}.amax({axis})", ATOM, (ATOM,)),
    "min": Form("{0}.amin({axis})", ATOM, (ATOM,)),
    "logsumexp": Form("logsumexp({0}, {value})"),
    "softmax": Form("torch.softmax({0}, {value})"),
    "log_softmax": Form("torch.log_softmax({0}, {value})"),
    "kron": Form("torch.kron({0}.contiguous(), {1}.contiguous())", ATOM, (ATOM, ATOM)),
    "flip": Form("{0}.flip(tuple(range({0}.ndim)))", ATOM, (ATOM,)),
    "flip_axis": Form("{0}.flip({value})", ATOM, (ATOM,)),
    "concatenate": Form("torch.cat([{all}]{along})"),
    "cross": Form("torch.linalg.cross({0}, {1})"),
    "einsum": Form("torch.einsum({value!r}, {all})"),
    "filled": Form("torch.full({shape}, {0}, dtype=dtype)"),
    "ones": Form("torch.ones({shape}, dtype=dtype)"),
    "zeros": Form("torch.zeros({shape}, dtype=dtype)"),
    "copied": Form("{0}.expand({shape}).clone()", ATOM, (ATOM,)),
    "full": Form("{0}.expand({shape})", ATOM, (ATOM,)),
    "scalar": Form("torch.as_tensor({0}, dtype=dtype)"),
    "unit": Form("(torch.arange({length}) == {offset}).to(dtype)"),
    "antidiagonal": Form("torch.eye({length}, dtype=dtype).flip(0)"),
    "windows": Form("windows({0}, {value}, {window})"),
    "cholesky_inverse": Form("torch.cholesky_inverse({0})"),
    "lu": Form("torch.linalg.lu_factor({0})"),
    "lu_solve": Form("lu_solve({0}, {1}, {value})"),
}
_TORCH_HELPERS = {
    **{name: _torch(_HELPERS[name].replace(".astype(", ".to(")) for name in (
        "adjugate", "commutation", "shift",
    )},
    "unvec": _HELPERS["unvec"].replace("int(np.prod(shape[:k]))", "math.prod(shape[:k])")
    .replace("transpose(", "permute("),
    "spread": _JAX_HELPERS["spread"].replace("jnp.", "torch."),
    "arrays": '''
def arrays(*values):
    """Return the values as tensors of one floating type, the widest of theirs."""
    values = [torch.as_tensor(v) for v in values]
    dtype = torch.get_default_dtype()
    kinds = [v.dtype for v in values if v.ndim and v.is_floating_point()]
    kinds = kinds or [v.dtype for v in values if v.is_floating_point()]
    for k, kind in enumerate(kinds):
        dtype = torch.promote_types(dtype, kind) if k else kind
    return [v.to(dtype) for v in values]
''',
    "each": '''
def each(function, ranks, shape, *values):
    """Return the function's values for all places of the axes that follow so many first ones."""
    own = len(shape) - max(v.ndim - rank for v, rank in zip(values, ranks, strict=True))
    found = []
    for place in itertools.product(*map(range, shape[own:])):
        taken = [v[(..., *place)] if v.ndim > rank else v for v, rank in zip(values, ranks)]
        found.append(torch.as_tensor(function(*taken), dtype=values[0].dtype))
    return torch.stack(found, -1).reshape(shape) if found else values[0].new_zeros(shape)
''',
    "logsumexp": '''
def logsumexp(x, axis):
    """Return log(sum(exp(x))) along an axis, or of all, without overflow."""
    return torch.logsumexp(x.reshape(-1) if axis is None else x, 0 if axis is None else axis)
''',
    "logdet": '''
def logdet(a):
    """Return log(det(a)), which a negative determinant does not have."""
    sign, value = torch.linalg.slogdet(a)
    return torch.where(sign > 0, value, torch.nan)
''',
    "cholesky": '''
def cholesky(a):
    """Return the lower Cholesky factor, nan of a matrix that is not symmetric."""
    symmetric = (a - a.T).abs().max() <= torch.finfo(a.dtype).eps**0.5*a.abs().max()
    return torch.where(symmetric, torch.linalg.cholesky(a), torch.nan)
''',
    "cholesky_solve": '''
def cholesky_solve(l, b):
    """Return the solution x of l @ l.T @ x = b."""
    return torch.cholesky_solve(b.reshape(len(b), -1), l).reshape(b.shape)
''',
    "lu_solve": '''
def lu_solve(factors, b, transposed):
    """Return the solution x of a @ x = b, or of a.T @ x = b, by the factors of a."""
    columns = b.reshape(len(b), -1)
    return torch.linalg.lu_solve(*factors, columns, adjoint=bool(transposed)).reshape(b.shape)
''',
    "windows": '''
def windows(x, axis, length):
    """Return every stretch of this length of an axis: it becomes (start, place)."""
    return x.unfold(axis, length, 1).movedim(-1, axis + 1)
''',
    "correlate": '''
def correlate(x, kernel):
    """Return the sums of the kernel times each window of x that it fits on."""
    correlated = torch.nn.functional.conv1d if x.ndim == 1 else torch.nn.functional.conv2d
    return correlated(x[None, None], kernel[None, None])[0, 0]
''',
    "convolve": '''
def convolve(x, kernel):
    """Return the full convolution: the sum of the entries of one times the other, moved there."""
    margins = [k - 1 for k in reversed(kernel.shape) for _ in range(2)]
    kernel = kernel.flip(tuple(range(kernel.ndim)))
    return correlate(torch.nn.functional.pad(x, margins), kernel)
''',
    "select": '''
def select(rows, columns, offset, dtype):
    """Return the matrix of [i == j + offset]."""
    return (torch.arange(rows)[:, None] == torch.arange(columns) + offset).to(dtype)
''',
    "levi_civita": '''
def levi_civita(dtype):
    """Return the signs of the permutations of three axes."""
    i = torch.arange(3)
    i, j, k = i[:, None, None], i[:, None], i
    return ((i - j)*(j - k)*(k - i)/2).to(dtype)
''',
}  # fmt: skip

TORCH = Target(
    "torch",
    "import torch",
    "torch",
    _TORCH_FORMS,
    _TORCH_HELPERS,
    "",
    numbers=False,
    dtype="torch.get_default_dtype()",
    permute="permute",
)

TARGETS: Mapping[str, Target] = {target.name: target for target in (NUMPY, JAX, TORCH)}

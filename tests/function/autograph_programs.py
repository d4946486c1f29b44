"""Small programs in plain Python; AutoGraph must give what Python gives.

PROGRAMS: name -> (function, list of argument tuples). The arguments become tensors for the graph.
"""

import math

PROGRAMS = {}


def program(*inputs):
    def keep(function):
        PROGRAMS[function.__name__] = (function, inputs)
        return function

    return keep


# -- if ----------------------------------------------------------------------------------------


@program((3,), (-3,))
def absolute(x):
    if x < 0:
        x = -x
    return x


@program((3.0,), (-3.0,))
def both_branches(x):
    if x > 0:
        y = x * 2.0
        z = 1.0
    else:
        y = x - 5.0
        z = 2.0
    return y, z


@program((5,), (0,), (-5,))
def elif_chain(x):
    if x > 0:
        sign = 1
    elif x == x and x < 0:
        sign = -1
    else:
        sign = 0
    return sign


@program((1, 2), (2, 1), (3, 3))
def nested_if(a, b):
    r = 0
    if a > b:
        if a > 2:
            r = 1
        r += 10
    else:
        if b > 2:
            r = 2
        else:
            r = 3
    return r


@program((4,), (-4,))
def early_return(x):
    if x > 0:
        return x * 10
    return x - 1


@program((4,), (40,), (400,))
def several_returns(x):
    if x < 10:
        return x
    if x < 100:
        y = x - 10
        return y
    else:
        return x - 100


@program((1.0,), (-1.0,))
def conditional_expression(x):
    return x if x > 0 else x * x + 3.0


@program((7, 2), (1, 2), (2, 9))
def nested_expression(a, b):
    return (1 if a > b else 2) + (10 if a + b > 8 else 20 if a > 1 else 30)


@program((3,), (30,))
def untouched_variable(x):
    k = 5
    if x > 10:
        k = x
    return k + x


@program((3,))
def python_condition(x):
    flag = True
    if flag:
        x = x + 1
    else:
        x = undefined_name  # noqa: F821
    return x


@program((3, -2), (-3, 2))
def swap(a, b):
    if a < b:
        a, b = b, a
    return a, b


@program((2,), (-2,))
def pass_branch(x):
    if x > 0:
        pass
    else:
        x = 0
    return x


# -- logic -------------------------------------------------------------------------------------


@program((1, 2), (2, 1), (5, 9))
def conjunction(a, b):
    r = 0
    if a < b and a > 3:
        r = 1
    return r


@program((1, 2), (2, 1), (5, 9))
def disjunction(a, b):
    r = 0
    if a > b or a > 3:
        r = 1
    return r


@program((1,), (-1,))
def negation(x):
    r = 1
    if not x > 0:
        r = 2
    return r


@program((1,), (5,), (11,))
def chained_comparison(x):
    return 1 if 2 < x < 10 else 0


@program((1, 2, 3), (3, 2, 1), (1, 3, 2))
def mixed_logic(a, b, c):
    return 1 if (a < b or b > c) and not (a > c) else 0


@program((True, False), (True, True), (False, False))
def boolean_values(p, q):
    return p and q, p or q, not p


# -- while -------------------------------------------------------------------------------------


@program((10,), (0,))
def count_down(n):
    total = 0
    while n > 0:
        total += n
        n -= 1
    return total


@program((27,), (1,))
def collatz(n):
    steps = 0
    while n > 1:
        if n % 2 > 0:
            n = 3 * n + 1
        else:
            n = n // 2
        steps += 1
    return steps


@program((48, 36), (17, 5))
def greatest_divisor(a, b):
    while b > 0:
        a, b = b, a % b
    return a


@program((100,), (3,))
def while_break(n):
    i = 0
    while i < n:
        if i * i > 50:
            break
        i += 1
    return i


@program((10,))
def while_continue(n):
    i = 0
    odd = 0
    while i < n:
        i += 1
        if i % 2 < 1:
            continue
        odd += i
    return odd


@program((12,))
def break_and_continue(n):
    i = 0
    total = 0
    while i < n:
        i += 1
        if i % 3 < 1:
            continue
        if i > 8:
            break
        total += i
    return i, total


@program((4, 3))
def nested_while(n, m):
    i = 0
    total = 0
    while i < n:
        j = 0
        while j < m:
            total += i * j
            j += 1
        i += 1
    return total


@program((5, 6))
def inner_break(n, m):
    i = 0
    total = 0
    while i < n:
        j = 0
        while j < m:
            if j > i:
                break
            total += 1
            j += 1
        i += 1
    return total


@program((2.0,), (9.0,))
def newton(x):
    guess = x
    while abs(guess * guess - x) > 1e-4:
        guess = 0.5 * (guess + x / guess)
    return guess


@program((6,))
def python_loop(x):
    i = 0
    while i < 4:
        x = x + i
        i += 1
    return x


@program((50,))
def while_true_of_python(n):
    i = 0
    while True:
        i += 3
        if i > 10:
            break
    return i + n


@program((10, 3))
def loop_of_two_conditions(n, limit):
    i = 0
    while i < n and i * i < limit * limit:
        i += 1
    return i


# -- for ---------------------------------------------------------------------------------------


@program((5,), (0,))
def for_range(n):
    total = 0
    for i in range(n):
        total += i * i
    return total


@program((2, 7), (7, 2))
def for_range_of_two(a, b):
    total = 0
    for i in range(a, b):
        total += i
    return total


@program((1, 20, 4))
def for_range_of_three(a, b, step):
    total = 0
    for i in range(a, b, step):
        total += i
    return total


@program((20, 1, -6))
def for_range_downwards(a, b, step):
    total = 0
    for i in range(a, b, step):
        total = total * 2 + i
    return total


@program(([1.0, 2.0, 4.0],))
def for_over_rows(values):
    total = 0.0
    for v in values:
        total = total * 0.5 + v
    return total


@program(([3, 9, 1, 7],))
def maximum(values):
    best = -1000
    for v in values:
        if v > best:
            best = v
    return best


@program(([3, 9, 1, 7], 1), ([3, 9, 1, 7], 5))
def find(values, wanted):
    at = -1
    i = 0
    for v in values:
        if v - wanted == v - v and at < 0 or v <= wanted and at < 0:
            at = i
        i += 1
    return at


@program(([5, 2, 8, 1],))
def for_break(values):
    total = 0
    for v in values:
        if v > 7:
            break
        total += v
    return total


@program(([5, 2, 8, 1],))
def for_continue(values):
    total = 0
    for v in values:
        if v > 4:
            continue
        total += v
    return total


@program(([[1, 2], [3, 4], [5, 6]],))
def for_over_matrix(rows):
    total = 0
    for row in rows:
        for x in row:
            total = total * 3 + x
    return total


@program((4,))
def for_over_python_list(x):
    for k in [1, 2, 3]:
        x = x * 2 + k
    return x


@program((4,))
def for_over_pairs(x):
    for i, k in enumerate([10, 20]):
        x += i * k
    return x


@program((4, 4))
def nested_for(n, m):
    total = 0
    for i in range(n):
        for j in range(m):
            if j < i:
                continue
            total += i * 10 + j
    return total


@program((7,))
def fibonacci(n):
    a, b = 0, 1
    for _ in range(n):
        a, b = b, a + b
    return a


@program((30,))
def primes(n):
    count = 0
    for i in range(2, n):
        is_prime = True
        for j in range(2, i):
            if i % j < 1:
                is_prime = False
                break
        if is_prime:
            count += 1
    return count


@program((5,))
def comprehension(x):
    return sum([x * k for k in range(4)])


@program((3,))
def list_filled_by_python(x):
    kept = []
    for k in range(3):
        kept.append(x * k)
    return kept[0] + kept[1] * 10 + kept[-1] * 100


# -- functions ---------------------------------------------------------------------------------


def _clip(x, low, high):
    if x < low:
        return low
    if x > high:
        return high
    return x


@program((5,), (-5,), (50,))
def calls_a_function(x):
    return _clip(x, 0, 10) + _clip(x, -1, 1)


@program((6,), (3,))
def nested_function(x):
    def halve(n):
        count = 0
        while n > 1:
            n = n // 2
            count += 1
        return count

    return halve(x) + halve(x * 4)


@program((6,), (-6,))
def closure(x):
    scale = 3

    def scaled(v):
        if v > 0:
            return v * scale
        return v - scale

    return scaled(x)


@program((6,), (-6,))
def lambdas(x):
    pick = lambda a, b: a if a > b else b  # noqa: E731
    return pick(x, 0) + pick(-x, 1)


class _Counter:
    def __init__(self, start):
        self.count = start

    def add(self, x):
        if x > 0:
            self.count = self.count + x
        return self.count


@program((6,), (-6,))
def methods(x):
    counter = _Counter(1)
    counter.add(x)
    counter.add(x + 2)
    return counter.count


@program((4,))
def attribute_in_loop(n):
    counter = _Counter(n)
    while counter.count < 10:
        counter.count += n
    return counter.count


def _power(x, k):
    return 1 if k == 0 else x * _power(x, k - 1)


@program((3,))
def recursion(x):
    return _power(x, 4)


@program((3,), (-3,))
def keywords_and_defaults(x):
    def move(v, by=2, *more, times=1):
        if v > 0:
            v = v + by * times
        for m in more:
            v = v + m
        return v

    return move(x) + move(x, 5, 6, 7, times=2) + move(x, times=3)


@program((3,))
def exceptions(x):
    try:
        if x is None:
            raise ValueError("none")
        raise KeyError("key")
    except ValueError as e:
        kind = len(str(e))
    except KeyError as e:
        kind = len(e.args[0]) * 100
    finally:
        x = x + 1
    return x + kind


@program((3,), (-3,))
def assertion_of_python(x):
    limit = 3
    assert limit > 2, "limit"
    if x > 0:
        x = x + limit
    return x


@program((4, 5))
def dictionary(a, b):
    state = {"a": a, "b": b}
    if state["a"] < state["b"]:
        state["a"] = state["a"] + 10
    return state["a"] + state["b"]


@program((2.5,), (-2.5,))
def builtins_of_tensors(x):
    return abs(x) + float(int(x))


@program(([1.0, 2.0, 3.0],))
def length(values):
    n = len(values)
    total = 0.0
    for i in range(n):
        total += values[i] * (i + 1)
    return total


@program((0.5, 10))
def series(x, n):
    term = 1.0
    total = 0.0
    k = 1.0
    for _ in range(n):
        total += term
        term = term * x / k
        k += 1.0
    return total


@program((3,))
def names_of_modules(x):
    y = math.floor(2.7) + x
    while y < 20:
        y += int(math.sqrt(16))
    return y


@program((5, 3), (1, 3))
def result_in_tuple(a, b):
    pair = (a, b)
    if a > b:
        pair = (b, a)
    return pair


@program(([2, 7, 1, 8, 2, 8],))
def state_machine(values):
    state = 0
    emitted = 0
    for v in values:
        if state < 1:
            if v > 5:
                state = 1
        elif v < 5:
            state = 0
            emitted += v
        else:
            emitted += 100
    return state, emitted

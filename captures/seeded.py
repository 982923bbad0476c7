"""RSA keys that follow from a text: for synthetic captures only, where the same bytes must come out again.

Anybody can compute these keys. They are small on purpose, and everything they sign says that it is of a lab.
"""

import functools
import hashlib
import itertools
import math
from collections.abc import Iterator

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPrivateNumbers, RSAPublicNumbers

EXPONENT = 65537
_SMALL = [
    number for number in range(3, 2000, 2) if all(number % each for each in range(3, 45, 2) if each < number)
]
_WITNESSES = _SMALL[:24]


def _numbers(seed: str, bits: int) -> Iterator[int]:
    """Odd numbers of exactly this many bits with the two highest set, one after the other."""
    for count in itertools.count():
        raw = b"".join(
            hashlib.sha512(f"{seed}/{count}/{part}".encode()).digest() for part in range(-(-bits // 512))
        )
        number = int.from_bytes(raw, "big") >> (len(raw) * 8 - bits)
        yield number | 1 | 3 << (bits - 2)


def is_prime(number: int) -> bool:
    """Whether a large odd number is prime, by trial division and 24 rounds of Miller-Rabin."""
    if any(number % small == 0 for small in _SMALL):
        return False
    odd, twos = number - 1, 0
    while odd % 2 == 0:
        odd, twos = odd // 2, twos + 1
    for witness in _WITNESSES:
        power = pow(witness, odd, number)
        if power in (1, number - 1):
            continue
        for _ in range(twos - 1):
            power = power * power % number
            if power == number - 1:
                break
        else:
            return False
    return True


def prime(seed: str, bits: int) -> int:
    """The first prime that follows from the seed and fits the public exponent."""
    return next(
        number for number in _numbers(seed, bits) if math.gcd(number - 1, EXPONENT) == 1 and is_prime(number)
    )


@functools.cache
def key(seed: str, bits: int = 1024) -> RSAPrivateKey:
    """The key that follows from the seed."""
    p, q = prime(f"{seed}/p", bits // 2), prime(f"{seed}/q", bits // 2)
    d = pow(EXPONENT, -1, math.lcm(p - 1, q - 1))
    return RSAPrivateNumbers(
        p=p,
        q=q,
        d=d,
        dmp1=d % (p - 1),
        dmq1=d % (q - 1),
        iqmp=pow(q, -1, p),
        public_numbers=RSAPublicNumbers(EXPONENT, p * q),
    ).private_key()

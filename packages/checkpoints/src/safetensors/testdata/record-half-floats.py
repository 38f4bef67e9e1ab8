"""Records how torch rounds float32 to bfloat16 and float16, as the reference of the tests.

    python record-half-floats.py > half-floats.json      # pip install torch

Each case is [float32 bits, bfloat16 bits, float16 bits]. NaN is left out: torch itself rounds it in two ways.
"""

import json
import random
import struct

import torch

random.seed(1)
EDGES = [0x3F800000, 0x33000000, 0x33000001, 0x32FFFFFF, 0x337FFFFF, 0x33800000, 0x33C00000, 0x387FC000, 0x387FDFFF,
         0x387FE000, 0x38800000, 0x477FE000, 0x477FEFFF, 0x477FF000, 0x7F7FFFFF, 0x7F7F7FFF, 0x7F7F8000, 0x7F800000,
         0x00000000, 0x00000001, 0x00007FFF, 0x00008000, 0x00018000, 0x007FFFFF, 0x00800000, 0x3F808000, 0x3F818000,
         0x3F801000, 0x3F803000, 0x3F807FFF, 0x3F808001]
words = EDGES + [word | 0x80000000 for word in EDGES]
# Around every exponent that float16 tells apart, and anywhere.
words += [(random.randrange(100, 145) << 23) | random.getrandbits(23) | (random.getrandbits(1) << 31) for _ in range(150)]
words += [word for word in (random.getrandbits(32) for _ in range(80)) if (word & 0x7FFFFFFF) <= 0x7F800000]


def bits(word: int, dtype: torch.dtype) -> int:
    value = torch.frombuffer(bytearray(struct.pack("<I", word)), dtype=torch.float32)
    return value.to(dtype).view(torch.int16).item() & 0xFFFF


cases = [[word, bits(word, torch.bfloat16), bits(word, torch.float16)] for word in words]
print(json.dumps({"torch": torch.__version__, "cases": cases}))

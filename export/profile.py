# SPDX-License-Identifier: Apache-2.0
r"""Where the milliseconds of an exported model go, piece by piece.

    python -m export.profile --run_dir=weights/try_on --threads=2

Each piece (`export.pieces`) is converted by itself, to float32, and timed in
turns. Beside its time stand the multiplications and additions of its
convolutions (GFLOP), how many of these it does a second, as a share of what a
plain convolution does in the same turns (3x3, 128 to 128 channels, 64x48; the
"roofline"), and its operations by kind.
"""

from absl import flags

from clothflow_tf import files
from clothflow_tf import program
from clothflow_tf import runs

_RUN_DIR = flags.DEFINE_string('run_dir', None, 'folder of the trained run')
_THREADS = flags.DEFINE_integer('threads', 2, 'of the kernels', lower_bound=1)
_RUNS = flags.DEFINE_integer('runs', 50, 'of each piece', lower_bound=1)
_JSON = flags.DEFINE_string('json', None, 'file to write the numbers to')
flags.mark_flags_as_required(['run_dir'])

# Of a piece's operations, the most frequent ones are printed.
_KINDS = 6


def main(_: list[str]) -> None:
  runs.load_config(_RUN_DIR.value)
  # Imported late: --help should not wait for TensorFlow.
  from export import pieces

  threads = _THREADS.value
  parts = pieces.parts_of(_RUN_DIR.value, threads)
  rows = pieces.measure(parts, pieces.roofline(threads), _RUNS.value)
  if _JSON.value:
    files.write_json(_JSON.value, rows)
  for row in rows:
    kinds = [f'{n} {kind}' for kind, n in [*row['kinds'].items()][:_KINDS]]
    print(
      f'{row["median_ms"]:6.2f} ms {row["share"]:5.1%} {row["gflop"]:5.2f} '
      f'GFLOP {row["roofline"]:4.0%}  {row["name"]:18s} {", ".join(kinds)}'
    )
  print(f'{sum(row["median_ms"] for row in rows):6.2f} ms in all')


if __name__ == '__main__':
  program.run(main)

"""What bench.py and peers/ have in common."""


def full_name(model):
    return f"efficientnet_b{model}" if model.isdigit() else model


def print_table(rows):
    """In Markdown; the first row is the head."""
    widths = [max(len(cells[i]) for cells in rows) for i in range(len(rows[0]))]
    for cells in [rows[0], ["-" * width for width in widths], *rows[1:]]:
        print("| " + " | ".join(cell.ljust(width) for cell, width in zip(cells, widths)) + " |")


def print_peaks(results):
    """A line for each number of threads: the measured peak, and how far apart the cores are."""
    for threads in sorted({result["threads"] for result in results}):
        same = [result for result in results if result["threads"] == threads]
        line = f"FMA peak, {threads} thread(s): {max(result['peak_gflops'] for result in same):.1f} GFLOP/s"
        trips = [result["round_trip_ns"] for result in same if result.get("round_trip_ns")]
        if trips:
            least, most = f"{min(trips):.0f}", f"{max(trips):.0f}"
            line += f"; cache line round trip {least if least == most else f'{least} to {most}'} ns"
        print(line)

"""The tables, in Markdown."""

import files
import shared
import throughput

TITLES = {"effnet": "effnet", "onnxruntime": "ONNX Runtime", "openvino": "OpenVINO f32", "litert": "LiteRT",
          "ncnn": "ncnn"}


def _time(result, engine):
    engine = result["engines"].get(engine)
    return f"{engine['median_ms']:.2f} ({engine['min_ms']:.2f})" if engine else "-"


def _number(value, digits):
    return "-" if value is None else f"{value:.{digits}f}"


def _ratio(value):
    return _number(value, 3)


def _percent(share):
    return "-" if share is None else f"{100 * share:.1f}"


def print_comparison(results, precision="fp32"):
    titles = {**TITLES, "effnet": f"effnet {precision}"}
    if precision == "bf16":
        titles["openvino"] = "OpenVINO bf16"
    if precision == "int8":
        titles |= {engine: f"{titles[engine].removesuffix(' f32')} int8" for engine in files.INT8_NEEDS}
    engines = [engine for engine in TITLES if any(engine in result["engines"] for result in results)]
    rows = [["network", "threads", *(titles[engine] for engine in engines), "best peer", "effnet / best", "peak %",
             "bound", "bound / best"]]
    for result in results:
        rows.append([result["network"], str(result["threads"]), *(_time(result, engine) for engine in engines),
                     titles.get(result["best_peer"], "-"), _ratio(result["ratio"]),
                     _percent(result["engines"]["effnet"]["peak_fraction"]), _number(result["bound_ms"], 2),
                     _ratio(result["bound_ratio"])])
    shared.print_table(rows)
    print("\nTimes in ms: median (fastest). Ratios: the median over the rounds of what the same round gave.")
    ratios = [result["ratio"] for result in results if result["ratio"] is not None]
    if ratios:
        print(f"Worst effnet / best: {max(ratios):.3f}")


def print_throughput(result):
    print(f"\n{result['network']}, pictures a second on {result['threads']} threads:\n")
    rows = [["engine", f"batches of {result['batch']}", f"{result['threads']} instances", "batches / instances",
             "effnet / engine, batches", "effnet / engine, instances"]]
    for engine, numbers in result["engines"].items():
        speeds = [numbers["per_second"].get(way) for way in throughput.WAYS]
        rows.append([TITLES[engine], *("-" if speed is None else f"{speed:.1f}" for speed in speeds),
                     _ratio(numbers.get("batch_to_instances")),
                     *(_ratio(numbers["effnet_ratio"].get(way)) for way in throughput.WAYS)])
    shared.print_table(rows)


def print_machine(results, versions):
    print(f"\nCPU: {results[0]['cpu']}; effnet for {results[0]['target']} ({results[0]['instruction_set']})")
    shared.print_peaks(results)
    print(f"Versions: {', '.join(versions)}")

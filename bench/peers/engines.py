"""How each engine opens a network and runs it. An opener gets the path of the model file, a
picture batch [batch][3][height][width] and a number of threads, and returns run(), whose result is [batch][classes]."""

import numpy


def open_onnxruntime(path, pictures, threads):
    import onnxruntime
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads, options.log_severity_level = threads, 1, 3
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    return lambda: session.run(None, {"in0": pictures})[0]


def open_openvino(path, pictures, threads, precision="f32"):
    import openvino
    options = {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_NUM_THREADS": threads, "NUM_STREAMS": 1,
               "INFERENCE_PRECISION_HINT": precision}  # it takes bf16 by itself where the CPU has it
    request = openvino.Core().compile_model(path, "CPU", options).create_infer_request()
    request.set_input_tensor(openvino.Tensor(pictures))

    def run():
        request.infer()
        return request.get_output_tensor().data
    return run


def open_litert(path, pictures, threads):
    from ai_edge_litert.interpreter import Interpreter  # its default on CPUs is XNNPACK
    network = Interpreter(model_path=path, num_threads=threads)
    network.allocate_tensors()
    network.set_tensor(network.get_input_details()[0]["index"], numpy.ascontiguousarray(pictures.transpose(0, 2, 3, 1)))
    output = network.get_output_details()[0]["index"]

    def run():
        network.invoke()
        return network.get_tensor(output)
    return run


def open_ncnn(path, pictures, threads):
    """ncnn knows no batches: their pictures are run one after the other."""
    import ncnn
    network = ncnn.Net()
    network.opt.num_threads = threads
    for option in dir(network.opt):
        if option.startswith(("use_fp16", "use_bf16")):
            setattr(network.opt, option, False)
    weights = path.removesuffix(".param") + ".bin"
    if network.load_param(path) != 0 or network.load_model(weights) != 0:
        raise OSError(f"cannot read {path} and {weights}")
    inputs = [ncnn.Mat(picture).clone() for picture in pictures]

    def run_one(picture):
        with network.create_extractor() as extractor:
            extractor.input("in0", picture)
            return numpy.array(extractor.extract("out0")[1])
    return lambda: numpy.stack([run_one(picture) for picture in inputs])


def open_openvino_bf16(path, pictures, threads):
    return open_openvino(path, pictures, threads, "bf16")


WITH_BF16 = {"openvino": open_openvino_bf16}  # the others have fp32 only
OPENERS = {"onnxruntime": open_onnxruntime, "openvino": open_openvino, "litert": open_litert, "ncnn": open_ncnn}

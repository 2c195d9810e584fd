"""How each engine opens a network and runs it. An opener gets the stem of the model files ("folder/efficientnet_b0"), a
picture batch [batch][3][height][width] and a number of threads, and returns run(), whose result is [batch][classes]."""

import numpy


def open_onnxruntime(stem, pictures, threads):
    import onnxruntime
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads, options.log_severity_level = threads, 1, 3
    session = onnxruntime.InferenceSession(stem + ".onnx", options, providers=["CPUExecutionProvider"])
    return lambda: session.run(None, {"in0": pictures})[0]


def open_openvino(stem, pictures, threads, precision="f32"):
    import openvino
    options = {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_NUM_THREADS": threads, "NUM_STREAMS": 1,
               "INFERENCE_PRECISION_HINT": precision}  # it takes bf16 by itself where the CPU has it
    request = openvino.Core().compile_model(stem + ".onnx", "CPU", options).create_infer_request()
    request.set_input_tensor(openvino.Tensor(pictures))

    def run():
        request.infer()
        return request.get_output_tensor().data
    return run


def open_litert(stem, pictures, threads):
    from ai_edge_litert.interpreter import Interpreter  # its default on CPUs is XNNPACK
    network = Interpreter(model_path=stem + ".tflite", num_threads=threads)
    network.allocate_tensors()
    network.set_tensor(network.get_input_details()[0]["index"], numpy.ascontiguousarray(pictures.transpose(0, 2, 3, 1)))
    output = network.get_output_details()[0]["index"]

    def run():
        network.invoke()
        return network.get_tensor(output)
    return run


def open_ncnn(stem, pictures, threads):
    """ncnn knows no batches: their pictures are run one after the other."""
    import ncnn
    network = ncnn.Net()
    network.opt.num_threads = threads
    for option in dir(network.opt):
        if option.startswith(("use_fp16", "use_bf16")):
            setattr(network.opt, option, False)
    if network.load_param(stem + ".ncnn.param") != 0 or network.load_model(stem + ".ncnn.bin") != 0:
        raise OSError(f"cannot read {stem}.ncnn.param and .bin")
    inputs = [ncnn.Mat(picture).clone() for picture in pictures]

    def run_one(picture):
        with network.create_extractor() as extractor:
            extractor.input("in0", picture)
            return numpy.array(extractor.extract("out0")[1])
    return lambda: numpy.stack([run_one(picture) for picture in inputs])


def open_openvino_bf16(stem, pictures, threads):
    return open_openvino(stem, pictures, threads, "bf16")


WITH_BF16 = {"openvino": open_openvino_bf16}  # the others have fp32 only
OPENERS = {"onnxruntime": open_onnxruntime, "openvino": open_openvino, "litert": open_litert, "ncnn": open_ncnn}

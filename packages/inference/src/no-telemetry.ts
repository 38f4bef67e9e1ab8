/**
 * ONNX Runtime's npm build contains a telemetry client. It reads this variable when the library is loaded, so this file is
 * imported before onnxruntime-node wherever that is imported. Set the variable to 0 to allow telemetry.
 */
process.env['ORT_DISABLE_TELEMETRY'] ??= '1';

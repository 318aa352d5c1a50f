using System.Reflection;
using System.Runtime.InteropServices;
using ComfyStream.Media;
using Microsoft.ML.OnnxRuntime;

namespace ComfyStream.Workflows.Models;

/// <summary>
/// Which build of ONNX Runtime runs the models, and on what: chosen once for the process, before the first model. Without a choice it is
/// the build that ships, on the CPU.
/// </summary>
public static unsafe class InferenceRuntime
{
    private const string NativeName = "onnxruntime";

    private static readonly Lock _lock = new();
    private static nint _library;
    private static ExecutionProvider _provider = ExecutionProvider.Cpu;

    /// <summary>What was chosen, for people; "" while nothing was.</summary>
    public static string Description { get; private set; } = "";

    /// <summary>Loads a build and finds out what it can run models on.</summary>
    /// <param name="library">File of another build, as <c>libonnxruntime.so</c>; null: the one that ships.</param>
    /// <param name="provider">Name of an execution provider, or <c>auto</c> for the fastest that works.</param>
    /// <exception cref="MediaException">The file is not such a build, or the provider is not to be had; the message says what to do.</exception>
    public static void Choose(string? library, string provider)
    {
        lock (_lock)
        {
            if (library is not null && _library == 0)
                Load(System.IO.Path.GetFullPath(library));
            string version, notes;
            try
            {
                version = OrtEnv.Instance().GetVersionString();
                (_provider, notes) = ExecutionProvider.Pick(provider, OrtEnv.Instance().GetAvailableProviders(), WhyNot);
            }
            catch (Exception e) when (e is TypeInitializationException or NotSupportedException or DllNotFoundException or EntryPointNotFoundException)
            {
                throw new MediaException($"--onnxruntime-library {library}: {(e.InnerException ?? e).Message} Give one of version {ManagedVersion}.");
            }

            Description = $"ONNX Runtime {version}{(library is null ? "" : $" from {library}")}, on {_provider.Name}{notes}";
        }
    }

    /// <summary>Lets a session run where it was chosen.</summary>
    internal static void Apply(SessionOptions options) => _provider.Append(options);

    private static string ManagedVersion => typeof(InferenceSession).Assembly.GetName().Version?.ToString(2) ?? "";

    private static void Load(string path)
    {
        if (!File.Exists(path))
            throw new MediaException($"--onnxruntime-library {path} is no file. Give that of a build of ONNX Runtime {ManagedVersion}, as .../lib/libonnxruntime.so.");
        try
        {
            _library = NativeLibrary.Load(path);
        }
        catch (Exception e) when (e is DllNotFoundException or BadImageFormatException)
        {
            throw new MediaException($"--onnxruntime-library {path} cannot be loaded: {e.Message.ReplaceLineEndings(" ").Trim()}");
        }

        if (!NativeLibrary.TryGetExport(_library, "OrtGetApiBase", out _))
        {
            NativeLibrary.Free(_library);
            _library = 0;
            throw new MediaException($"--onnxruntime-library {path} is not ONNX Runtime. Give .../lib/libonnxruntime.so of a build of version {ManagedVersion}.");
        }

        OrtEnv.DisableDllImportResolver = true;
        NativeLibrary.SetDllImportResolver(typeof(InferenceSession).Assembly, Resolve);
    }

    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? searchPath) =>
        System.IO.Path.GetFileNameWithoutExtension(name) is NativeName or "lib" + NativeName ? _library : 0;

    /// <summary>A provider that is in the build may still lack its driver.</summary>
    private static string? WhyNot(ExecutionProvider provider)
    {
        using var options = new SessionOptions { LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL };
        try
        {
            provider.Append(options);
            return null;
        }
        catch (Exception e) when (e is OnnxRuntimeException or EntryPointNotFoundException or DllNotFoundException)
        {
            return e.Message.ReplaceLineEndings(" ").Trim();
        }
    }
}

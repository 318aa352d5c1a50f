using System.Globalization;
using ComfyStream.Fuzzing;
using ComfyStream.Fuzzing.Targets;
using ComfyStream.Media;

IFuzzTarget[] targets =
[
    new StunTarget(), new SdpTarget(), new AnswerTarget(), new RtpTarget(), new RtcpTarget(), new H264Target(), new Vp8Target(), new StreamTarget(),
    new SpsTarget(), new WorkflowTarget(), new TimelineTarget(), new TcpTarget(),
    new DecoderTarget(
        MediaCodec.H264, "h264-decoder", "plain.h264", "reordered.h264", "interlaced.h264", "tenbit422.h264", "full444.h264", "gray.h264", "rgb.h264"),
    new DecoderTarget(MediaCodec.Vp8, "vp8-decoder", "plain.ivf", "partitions.ivf"), new DatagramTarget(),
];

string usage = $"""
    Mutation fuzzing of every parser: inputs that are nearly valid must be refused or accepted, never throw, hang, or read too far.
    usage: dotnet run -c Release --project test/ComfyStream.Fuzzing -- TARGET [--seconds N] [--seed N] [--input HEX]
    TARGET: all, {string.Join(", ", targets.Select(target => target.Name))}
    --seconds N   for each target; 60
    --seed N      of the mutations; a new one each time
    --input HEX   runs this one input instead
    """;

string name = args.FirstOrDefault() ?? "";
IFuzzTarget[] chosen = name == "all" ? targets : [.. targets.Where(target => target.Name == name)];
if (chosen.Length == 0 || args.Length % 2 == 0)
{
    Console.Error.WriteLine(usage);
    return 2;
}

double seconds = 60;
int seed = Random.Shared.Next();
byte[]? input = null;
for (int i = 1; i < args.Length; i += 2)
{
    switch (args[i])
    {
        case "--seconds":
            seconds = double.Parse(args[i + 1], CultureInfo.InvariantCulture);
            break;
        case "--seed":
            seed = int.Parse(args[i + 1], CultureInfo.InvariantCulture);
            break;
        case "--input":
            input = Convert.FromHexString(args[i + 1]);
            break;
        default:
            Console.Error.WriteLine(usage);
            return 2;
    }
}

bool isClean = true;
foreach (IFuzzTarget target in chosen)
{
    using var fuzzer = new Fuzzer(target);
    if (input is null)
    {
        Console.WriteLine($"{target.Name}: {seconds} s, seed {seed}");
        isClean &= fuzzer.Run(seed, TimeSpan.FromSeconds(seconds));
    }
    else if (fuzzer.TryRun(input, out bool isAccepted))
    {
        Console.WriteLine($"{target.Name}: {(isAccepted ? "accepted" : "refused")}, nothing found.");
    }
    else
    {
        isClean = false;
    }
}

return isClean ? 0 : 1;

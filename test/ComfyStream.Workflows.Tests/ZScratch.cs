using ComfyStream.Media;
using ComfyStream.Workflows.Tests.Nodes;
namespace ComfyStream.Workflows.Tests;
public sealed class ZScratch
{
    [Fact]
    public unsafe void Look()
    {
        foreach (string name in Environment.GetEnvironmentVariable("ZS_WF")!.Split(','))
        foreach (string clip in Environment.GetEnvironmentVariable("ZS_CLIP")!.Split(','))
        {
            using var pool = new VideoFramePool();
            using var library = new WorkflowLibrary([Repository.Workflows], [Repository.Models], pool, Environment.GetEnvironmentVariable("ZS_INPUT"));
            Assert.True(library.TryResolve(name, out IWorkflow? wf, out string problem), problem);
            using IFrameProcessor p = wf!.CreateProcessor();
            string[] parts = Path.GetFileNameWithoutExtension(clip).Split('-')[^1].Split('x');
            int w = int.Parse(parts[0]), h = int.Parse(parts[1]);
            byte[] all = File.ReadAllBytes(clip);
            int n = all.Length / (w * h * 3 / 2);
            for (int i = 0; i < n; i++)
            {
                VideoFrame f = pool.Rent(w, h);
                int at = i * w * h * 3 / 2;
                Pictures.Fill(f, (_, _, _) => all[at++]);
                f.MediaTime = TimeSpan.FromSeconds(i / 30.0);
                VideoFrame r = p.Process(f);
                if (i % (n / 4 + 1) == n / 4 || n < 4)
                    PictureFile.Save(r, $"{name}-{Path.GetFileNameWithoutExtension(clip)}-{i}");
                r.Return();
            }
        }
    }
}

using ComfyStream.WebRtc.Srtp;
using Xunit;

namespace ComfyStream.WebRtc.Tests.Srtp;

public sealed class ReplayWindowTests
{
    [Fact]
    public void An_index_is_new_exactly_once_and_only_within_the_window()
    {
        var window = new ReplayWindow();
        var seen = new HashSet<ulong>();
        var random = new Random(8);
        ulong highest = 0;
        for (var i = 0; i < 50_000; i++)
        {
            // Mostly small steps, now and then a jump of about a window.
            var reach = random.Next(50) == 0 ? 2000 : 20;
            var index = (ulong)Math.Max(0, (long)highest + random.Next(-1200, reach));
            var tooOld = seen.Count > 0 && index + ReplayWindow.SizePackets <= highest;
            var isNew = !tooOld && !seen.Contains(index);
            Assert.Equal(isNew, window.IsNew(index));
            if (!isNew)
                continue;
            window.Accept(index);
            seen.Add(index);
            highest = Math.Max(highest, index);
            Assert.Equal(highest, window.Highest);
        }
    }
}

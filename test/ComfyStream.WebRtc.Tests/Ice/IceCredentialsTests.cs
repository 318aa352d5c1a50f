using ComfyStream.WebRtc.Ice;
using Xunit;

namespace ComfyStream.WebRtc.Tests.Ice;

public sealed class IceCredentialsTests
{
    [Fact]
    public void T19_ours_are_16_and_24_ice_chars_and_never_the_same()
    {
        var userFragments = new HashSet<string>();
        for (int round = 0; round < 1000; round++)
        {
            IceCredentials credentials = IceCredentials.Create();
            Assert.Matches("^[A-Za-z0-9+/]{16}$", credentials.UserFragment);
            Assert.Matches("^[A-Za-z0-9+/]{24}$", credentials.Password);
            Assert.True(userFragments.Add(credentials.UserFragment));
        }
    }

    [Fact]
    public void Its_text_does_not_tell_the_password()
    {
        IceCredentials credentials = IceCredentials.Create();

        Assert.Contains(credentials.UserFragment, credentials.ToString());
        Assert.DoesNotContain(credentials.Password, credentials.ToString());
    }
}

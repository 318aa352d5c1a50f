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
    public void Row_4_4_1_a_user_fragment_tells_its_owner_and_only_ours_do()
    {
        for (int owner = 0; owner < IceCredentials.MaxOwners; owner++)
        {
            string userFragment = IceCredentials.Create(owner).UserFragment;
            Assert.Matches("^[A-Za-z0-9+/]{16}$", userFragment);
            Assert.Equal(owner, IceCredentials.OwnerOf(userFragment));
            Assert.True(IceCredentials.TryReadOwner(System.Text.Encoding.ASCII.GetBytes(userFragment), out int read));
            Assert.Equal(owner, read);
        }

        foreach (string other in (string[])["", "A", "A23456789012345", "A2345678901234567", "-234567890123456"])
            Assert.False(IceCredentials.TryReadOwner(System.Text.Encoding.UTF8.GetBytes(other), out _), other);
    }

    [Fact]
    public void Its_text_does_not_tell_the_password()
    {
        IceCredentials credentials = IceCredentials.Create();

        Assert.Contains(credentials.UserFragment, credentials.ToString());
        Assert.DoesNotContain(credentials.Password, credentials.ToString());
    }
}

namespace ComfyStream.Server.Access;

/// <summary>What somebody may do on a channel.</summary>
[Flags]
public enum AccessRights
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Publish to the channel, also in the place of who does now, and choose its workflow.</summary>
    Publish = 1,

    /// <summary>Watch what leaves the workflow.</summary>
    View = 2,

    /// <summary>Watch the input as it came.</summary>
    Raw = 4,

    /// <summary>Change a running channel.</summary>
    Control = 8,

    /// <summary>All of these, end the sessions of others, read the statistics, drain the server.</summary>
    Admin = 16,
}

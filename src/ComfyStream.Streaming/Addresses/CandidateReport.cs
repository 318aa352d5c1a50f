namespace ComfyStream.Streaming.Addresses;

/// <summary>What the self-test found of one of our candidates.</summary>
/// <param name="Address">Address and port.</param>
/// <param name="Protocol">udp or tcp.</param>
/// <param name="State">What became of it.</param>
/// <param name="Reason">Why it does not answer, or could not be checked; "" when it answers.</param>
public sealed record CandidateReport(string Address, string Protocol, CandidateState State, string Reason);

/// <summary>Whether a candidate answers on this machine. Whether a firewall lets others in is only seen from outside.</summary>
public enum CandidateState
{
    /// <summary>A check that was sent to it arrived and was answered.</summary>
    Answers,

    /// <summary>It is not an address of this machine, and nothing came back: that is how most routers treat what comes from inside.</summary>
    Unchecked,

    /// <summary>It cannot be reached.</summary>
    Dead,
}

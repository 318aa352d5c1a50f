using ComfyStream.Transport;
using Microsoft.Extensions.Logging;

namespace ComfyStream.Streaming.Diagnostics;

/// <summary>The relay's log lines; those beginning with WHIP: and WHEP: are word for word what existing users know.</summary>
internal static partial class RelayLog
{
    [LoggerMessage(1, LogLevel.Information, "WHIP: Created session {Id} for channel {Channel}")]
    public static partial void CreatedPublisher(this ILogger logger, string id, string channel);

    [LoggerMessage(2, LogLevel.Information, "WHEP: Created subscription session {Id} for stream {StreamId}")]
    public static partial void CreatedSubscriber(this ILogger logger, string id, string streamId);

    [LoggerMessage(3, LogLevel.Information, "WHEP: Added subscriber {Id}, total: {Total}")]
    public static partial void AddedSubscriber(this ILogger logger, string id, int total);

    [LoggerMessage(4, LogLevel.Information, "WHEP: Removed subscriber {Id}, total: {Total}")]
    public static partial void RemovedSubscriber(this ILogger logger, string id, int total);

    [LoggerMessage(5, LogLevel.Information, "{Protocol}: Connection state is: {State}")]
    public static partial void ConnectionStateIs(this ILogger logger, string protocol, string state);

    [LoggerMessage(6, LogLevel.Information, "WHIP: Track received: {Kind}")]
    public static partial void TrackReceived(this ILogger logger, string kind);

    [LoggerMessage(7, LogLevel.Information, "WHIP: Terminated session {Id}")]
    public static partial void TerminatedPublisher(this ILogger logger, string id);

    [LoggerMessage(8, LogLevel.Information, "WHEP: Terminated subscription session {Id}")]
    public static partial void TerminatedSubscriber(this ILogger logger, string id);

    [LoggerMessage(9, LogLevel.Information, "{Protocol}: Cleaned up resource {Id}")]
    public static partial void CleanedUp(this ILogger logger, string protocol, string id);

    [LoggerMessage(10, LogLevel.Information, "WHIP: Channel {Channel} runs workflow {Workflow}")]
    public static partial void RunsWorkflow(this ILogger logger, string channel, string workflow);

    [LoggerMessage(11, LogLevel.Warning, "{Protocol}: Session {Id}: {Note}")]
    public static partial void SessionNote(this ILogger logger, string protocol, string id, string note);

    [LoggerMessage(12, LogLevel.Warning, "Channel {Channel}: {Error}")]
    public static partial void PipelineFailed(this ILogger logger, string channel, string error);

    [LoggerMessage(13, LogLevel.Critical, "A session was dropped because of a bug: please report it")]
    public static partial void SessionFault(this ILogger logger, Exception fault);

    [LoggerMessage(14, LogLevel.Information, "WHEP: No processed stream yet on channel {Channel}: nobody publishes to it. The viewer waits.")]
    public static partial void NoPublisherYet(this ILogger logger, string channel);

    [LoggerMessage(15, LogLevel.Information, "WHIP: A new publisher takes over channel {Channel}")]
    public static partial void TakesOver(this ILogger logger, string channel);

    [LoggerMessage(16, LogLevel.Warning, "{Protocol}: Session {Id} could not connect: {Reason}")]
    public static partial void CouldNotConnect(this ILogger logger, string protocol, string id, string reason);

    [LoggerMessage(18, LogLevel.Warning, "Channel {Channel}: viewers see a {Showing}")]
    public static partial void Interrupted(this ILogger logger, string channel, string showing);

    [LoggerMessage(19, LogLevel.Information, "Channel {Channel}: viewers see the picture again")]
    public static partial void Recovered(this ILogger logger, string channel);

    [LoggerMessage(20, LogLevel.Information, "Channel {Channel}: nobody has published for {Seconds} s; its viewers are sent away (--idle-timeout)")]
    public static partial void Idle(this ILogger logger, string channel, int seconds);

    [LoggerMessage(21, LogLevel.Information, "Media sockets: {Mode}, {Reason}")]
    public static partial void SocketsWork(this ILogger logger, SocketMode mode, string reason);

    [LoggerMessage(17, LogLevel.Warning, "{Protocol}: Session {Id} was given up: nothing came from the client any more")]
    public static partial void GivenUp(this ILogger logger, string protocol, string id);

    [LoggerMessage(22, LogLevel.Information, "DTLS: a new certificate is used for new sessions")]
    public static partial void RenewedCertificate(this ILogger logger);

    [LoggerMessage(23, LogLevel.Information, "Media: clients are told of {Addresses} from now on, and no more of {Before}")]
    public static partial void AnnouncesOtherAddresses(this ILogger logger, string addresses, string before);

    [LoggerMessage(24, LogLevel.Warning, "Media: {Problem} What was announced stays.")]
    public static partial void AddressesNotFound(this ILogger logger, string problem);

    [LoggerMessage(25, LogLevel.Warning, "Media: the address of {Name} cannot be found now: {Problem}. The one that is known stays.")]
    public static partial void NameNotFound(this ILogger logger, string name, string problem);

    [LoggerMessage(26, LogLevel.Information, "Media: answers on this machine at {Candidates}")]
    public static partial void CandidatesAnswer(this ILogger logger, string candidates);

    [LoggerMessage(27, LogLevel.Information, "Media: {Candidate} could not be checked from here: {Reason}")]
    public static partial void CandidateUnchecked(this ILogger logger, string candidate, string reason);

    [LoggerMessage(28, LogLevel.Warning, "Media: {Candidate} does not answer: {Reason}")]
    public static partial void CandidateDead(this ILogger logger, string candidate, string reason);

    [LoggerMessage(29, LogLevel.Information, "Channel {Channel}: runs workflow {Workflow} from now on")]
    public static partial void ChangesWorkflow(this ILogger logger, string channel, string workflow);

    [LoggerMessage(40, LogLevel.Information, "{Protocol}: Session {Id} restarts ICE")]
    public static partial void RestartsIce(this ILogger logger, string protocol, string id);
}

using System.Text.Json;

namespace ComfyStream.Workflows;

/// <summary>A node as it stands in a document.</summary>
/// <param name="Id">Its key.</param>
/// <param name="ClassType">Its class after ComfyStream's conventions; empty when the document gives none (a problem of its own).</param>
/// <param name="WrittenClassType">Its class as written.</param>
/// <param name="Inputs">Value of <c>inputs</c>: an object, or undefined.</param>
/// <param name="Description"><c>_meta.description</c>, or empty.</param>
/// <param name="Source">All of it, as written; an object unless that is a problem.</param>
internal sealed record WorkflowNode(string Id, string ClassType, string WrittenClassType, JsonElement Inputs, string Description, JsonElement Source);

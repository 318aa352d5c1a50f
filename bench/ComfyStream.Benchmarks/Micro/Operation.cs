using System.Reflection;
using BenchmarkDotNet.Attributes;

namespace ComfyStream.Benchmarks.Micro;

/// <summary>A benchmark with one set of its parameters, which runs on the caller's thread without BenchmarkDotNet.</summary>
internal sealed class Operation
{
    private const int FewestCalls = 4;
    private const long RoundMilliseconds = 10;

    private readonly object _target;
    private readonly Action _call;

    private Operation(string name, object target, Action call) => (Name, _target, _call) = (name, target, call);

    /// <summary>Its type and method, and its parameters.</summary>
    public string Name { get; }

    /// <summary>All benchmarks of a type. Each is set up when it is come to, and cleaned up when the next one is.</summary>
    public static IEnumerable<Operation> AllOf(Type type)
    {
        foreach (PropertyValue[] values in Combinations(type))
        {
            object target = Activator.CreateInstance(type)!;
            foreach (PropertyValue value in values)
                value.Property.SetValue(target, value.Value);
            Run<GlobalSetupAttribute>(target);
            string parameters = values.Length == 0 ? "" : $"({string.Join(", ", values.Select(value => $"{value.Property.Name}: {value.Value}"))})";
            foreach (MethodInfo method in MethodsWith<BenchmarkAttribute>(type))
                yield return new Operation($"{type.Name}.{method.Name}{parameters}", target, CallOf(method, target));
            Run<GlobalCleanupAttribute>(target);
        }
    }

    /// <summary>Managed bytes that a call allocates on this thread, rounded up, over a few calls or milliseconds.</summary>
    public long MeasureRound()
    {
        long calls = 0;
        long begun = Environment.TickCount64;
        long before = GC.GetAllocatedBytesForCurrentThread();
        do
        {
            for (int i = 0; i < FewestCalls; i++)
                _call();
            calls += FewestCalls;
        }
        while (Environment.TickCount64 - begun < RoundMilliseconds);
        long bytes = GC.GetAllocatedBytesForCurrentThread() - before;
        return (bytes + calls - 1) / calls;
    }

    private static Action CallOf(MethodInfo method, object target)
    {
        if (method.ReturnType == typeof(void))
            return method.CreateDelegate<Action>(target);
        if (method.ReturnType == typeof(bool))
            return Discarding(method.CreateDelegate<Func<bool>>(target));
        return Discarding(method.CreateDelegate<Func<int>>(target));
    }

    private static Action Discarding<T>(Func<T> call) => () => call();

    private static void Run<TAttribute>(object target)
        where TAttribute : Attribute
    {
        foreach (MethodInfo method in MethodsWith<TAttribute>(target.GetType()))
            method.Invoke(target, null);
    }

    private static IEnumerable<MethodInfo> MethodsWith<TAttribute>(Type type)
        where TAttribute : Attribute => type.GetMethods().Where(method => method.GetCustomAttribute<TAttribute>() is not null);

    private static IEnumerable<PropertyValue[]> Combinations(Type type)
    {
        IEnumerable<PropertyValue[]> all = [[]];
        foreach (PropertyInfo property in type.GetProperties())
        {
            if (property.GetCustomAttribute<ParamsAttribute>() is { } parameter)
                all = all.SelectMany(values => parameter.Values.Select(value => (PropertyValue[])[.. values, new PropertyValue(property, value!)]));
        }

        return all;
    }

    private sealed record PropertyValue(PropertyInfo Property, object Value);
}

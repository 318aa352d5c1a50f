namespace ComfyStream.Workflows;

/// <summary>
/// Divides things into two sides at the least cost, when costs arise where one thing lies on the source's side and another on the
/// sink's (Dinic's algorithm). For graphs of some thousand things.
/// </summary>
internal sealed class MinimumCut
{
    public const int Source = 0;
    public const int Sink = 1;

    /// <summary>Never cut.</summary>
    public const long Infinite = long.MaxValue / 4;

    private readonly List<List<int>> _edgesFrom = [[], []];
    private readonly List<(int To, long Capacity)> _edges = [];
    private int[] _level = [];
    private int[] _nextEdge = [];

    public int AddNode()
    {
        _edgesFrom.Add([]);
        return _edgesFrom.Count - 1;
    }

    /// <summary>A cost that arises when <paramref name="from"/> is on the source's side and <paramref name="to"/> on the sink's.</summary>
    public void AddCost(int from, int to, long cost)
    {
        AddEdge(from, to, cost);
        AddEdge(to, from, 0);
    }

    /// <summary>For each node whether it is on the source's side.</summary>
    public bool[] Solve()
    {
        while (FindLevels())
        {
            _nextEdge = new int[_edgesFrom.Count];
            while (Push() > 0)
            {
            }
        }

        return [.. _level.Select(level => level >= 0)];
    }

    private void AddEdge(int from, int to, long capacity)
    {
        _edgesFrom[from].Add(_edges.Count);
        _edges.Add((to, capacity));
    }

    private bool FindLevels()
    {
        _level = new int[_edgesFrom.Count];
        Array.Fill(_level, -1);
        _level[Source] = 0;
        var queue = new Queue<int>([Source]);
        while (queue.TryDequeue(out int node))
        {
            foreach (int edge in _edgesFrom[node])
            {
                (int to, long capacity) = _edges[edge];
                if (capacity == 0 || _level[to] >= 0)
                    continue;
                _level[to] = _level[node] + 1;
                queue.Enqueue(to);
            }
        }

        return _level[Sink] >= 0;
    }

    /// <summary>Sends flow along one path, by a stack of its own: graphs may be deep.</summary>
    private long Push()
    {
        var path = new Stack<int>();
        int node = Source;
        while (node != Sink)
        {
            if (TryStep(node, out int edge))
            {
                path.Push(edge);
                node = _edges[edge].To;
            }
            else if (path.TryPop(out int last))
            {
                node = _edges[last ^ 1].To;
                _nextEdge[node]++;
            }
            else
            {
                return 0;
            }
        }

        long flow = path.Min(edge => _edges[edge].Capacity);
        foreach (int edge in path)
        {
            _edges[edge] = (_edges[edge].To, _edges[edge].Capacity - flow);
            _edges[edge ^ 1] = (_edges[edge ^ 1].To, _edges[edge ^ 1].Capacity + flow);
        }

        return flow;
    }

    private bool TryStep(int node, out int edge)
    {
        for (; _nextEdge[node] < _edgesFrom[node].Count; _nextEdge[node]++)
        {
            edge = _edgesFrom[node][_nextEdge[node]];
            if (_edges[edge].Capacity > 0 && _level[_edges[edge].To] == _level[node] + 1)
                return true;
        }

        edge = -1;
        return false;
    }
}

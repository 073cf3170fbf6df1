using System.Numerics;
using HiCorr.Pipeline.Datasets.Rooms.Rendering;

namespace HiCorr.Pipeline.Datasets.Rooms.Layout;

/// <summary>A walk around a room with a hand-held camera: half of the views pan across it, half look at one thing each.</summary>
internal static class CameraPath
{
    private const float FieldOfView = 60 * MathF.PI / 180;

    public static Camera[] Walk(Room room, RoomRandom random, int count, int width, int height)
    {
        var cameras = new Camera[count];
        var looked = new int[room.Objects.Count];
        float start = random.Range(0, MathF.Tau), direction = random.Chance(0.5f) ? 1 : -1;
        for (int i = 0; i < count; i++)
        {
            float angle = start + direction * MathF.Tau * i / count + random.Range(-0.1f, 0.1f);
            Vector3 eye = Stand(room, random, angle);
            Vector3 target = i % 2 == 0 ? Across(room, random, angle) : Thing(room, random, eye, looked);
            cameras[i] = Camera.LookAt(eye, target, width, height, FieldOfView, random.Range(-0.05f, 0.05f));
        }
        return cameras;
    }

    /// <summary>A place to stand on the ring around the room's middle, nearer to it where furniture is in the way.</summary>
    private static Vector3 Stand(Room room, RoomRandom random, float angle)
    {
        (float sin, float cos) = MathF.SinCos(angle);
        float height = random.Range(1.2f, 1.8f);
        Vector2 best = new(room.Size.X / 2, room.Size.Y / 2);
        for (int attempt = 0; attempt < 24; attempt++)
        {
            float reach = random.Range(0.35f, 0.85f) - 0.02f * attempt, turn = random.Range(-0.02f, 0.02f) * attempt;
            var at = new Vector2(room.Size.X * (0.5f + 0.5f * reach * (cos - turn * sin)), room.Size.Y * (0.5f + 0.5f * reach * (sin + turn * cos)));
            if (!IsFree(room, at, height)) continue;
            best = at;
            break;
        }
        return new Vector3(best, height);
    }

    private static bool IsFree(Room room, Vector2 at, float height)
    {
        if (at.X < 0.3f || at.Y < 0.3f || at.X > room.Size.X - 0.3f || at.Y > room.Size.Y - 0.3f) return false;
        foreach (PlacedObject thing in room.Objects)
            if (thing.Footprint.Contains(at, thing.Footprint.High > height - 0.25f ? 0.3f : -0.1f)) return false;
        return true;
    }

    private static Vector3 Across(Room room, RoomRandom random, float angle)
    {
        (float sin, float cos) = MathF.SinCos(angle + MathF.PI + random.Range(-0.6f, 0.6f));
        return new Vector3(room.Size.X * (0.5f + 0.42f * cos), room.Size.Y * (0.5f + 0.42f * sin), random.Range(0.4f, 1.2f));
    }

    /// <summary>The thing looked at least so far, of those that face the camera at a fair distance.</summary>
    private static Vector3 Thing(Room room, RoomRandom random, Vector3 eye, int[] looked)
    {
        int best = -1;
        float bestScore = float.MaxValue;
        for (int k = 0; k < looked.Length; k++)
        {
            PlacedObject thing = room.Objects[k];
            if (thing.Class == RoomsClass.None) continue;
            Vector3 way = eye - thing.Centre;
            float distance = way.Length();
            bool behind = Vector2.Dot(new Vector2(way.X, way.Y), thing.Front) < 0;
            float score = looked[k] * 4 + (distance < 0.9f ? 6 : distance > 3.2f ? 2 : 0) + (behind ? 3 : 0) + random.Unit();
            if (score < bestScore) (best, bestScore) = (k, score);
        }
        if (best < 0) return new Vector3(room.Size.X / 2, room.Size.Y / 2, 0.8f);
        looked[best]++;
        return room.Objects[best].Centre + random.InCube(0.2f);
    }
}
